"""A job as rows of the read model: pure, so that writing, verifying and rebuilding cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from adapters.sql.summary_columns import summary_columns
from domain import events as e
from domain.job import Job, Render
from domain.steps import NOTHING, next_steps
from domain.summary import summarize
from domain.times import time_text

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Where and when an event was stored."""

    position: int
    at: datetime


def job_row(job: Job, *, created: Stamp, updated: Stamp) -> Row:
    """Return the row of `jobs` in the order of its columns. `created` is the job's first event, `updated` its last."""
    steps = next_steps(job)
    summary = summarize(job, created_at=created.at, updated_at=updated.at, position=updated.position)
    timer = _timer(job, updated) if steps else (None, None)
    return (*summary_columns(summary), created.position, str(steps[0].kind) if steps else NOTHING, *timer)


def render_row(job_id: str, render: Render, *, requested_at: str, changed_at: str) -> Row:
    """Return the row of `renders` in the order of its columns; model and account are '' where there is none.

    `requested_at` is used for requests that name no time of their own.
    """
    order = render.order
    return (
        render.token,
        job_id,
        render.attempt,
        render.scene,
        order.renderer,
        order.model or "",
        order.request_hash,
        render.render_id,
        str(render.state),
        None if render.cost is None else str(render.cost),
        render.basis,
        time_text(render.requested_at) if requested_at and render.requested_at else requested_at,
        changed_at,
        order.account or "",
    )


def touched_renders(job: Job, events: Iterable[e.Event]) -> tuple[Render, ...]:
    """Return the renders of `job` that these events made or changed, as they are afterwards."""
    touched = {render.token: render for event in events if (render := _render_of(job, event)) is not None}
    return tuple(touched.values())


def _render_of(job: Job, event: e.Event) -> Render | None:
    match event:
        case e.RenderRequested() | e.RenderUnresolved() | e.RenderResolved():
            return next((render for render in job.renders if render.token == event.token), None)
        case e.RenderAccepted() | e.RenderDeferred() | e.RenderAttemptFailed() | e.SceneRendered() | e.RenderSettled():
            return _newest(job, event.attempt, event.scene)
        case e.RenderSucceeded():
            return _newest(job, event.attempt, None)
        case _:
            return None


def _newest(job: Job, attempt: int, scene: int | None) -> Render | None:
    same = (render for render in reversed(job.renders) if (render.attempt, render.scene) == (attempt, scene))
    return next(same, None)


def _timer(job: Job, updated: Stamp) -> tuple[str | None, float | None]:
    """When the job is due, and how many seconds away that was when it was decided: a bound if the clock jumps."""
    if job.retry_at is None:
        return None, None
    seconds = job.wait_seconds
    if seconds is None:
        seconds = max(0.0, (job.retry_at - updated.at).total_seconds())
    return time_text(job.retry_at), seconds
