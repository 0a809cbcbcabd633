"""The events that a command about a render makes: from its request to its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import assert_never

from domain import commands as c
from domain import events as e
from domain.errors import IllegalMove
from domain.job import OPEN_RENDERS, Job, Render, RenderState
from domain.storyboard import total_seconds

PROGRESS_STEP_PERCENT = 5
RENDERING_MOST_PERCENT = 95
"""The percents above this one are for the download and the end: see `job.py`."""

_IN_PROGRESS = (RenderState.REQUESTED, RenderState.ACCEPTED)


def decide_render(command: c.RenderCommand, job: Job) -> Sequence[e.Event]:
    """Return the events, oldest first. Raises IllegalMove."""
    match command:
        case c.RequestRender():
            return [_request(command, job)]
        case c.AcceptRender():
            return _accept(command, job)
        case c.DeferRender():
            return [_defer(command, job)]
        case c.LeaveUnresolved():
            return [_leave_unresolved(command, job)]
        case c.AdoptRender():
            return _adopt(command, job)
        case c.ReportProgress():
            return _progress(command, job)
        case c.FailRender():
            return _fail(command, job)
        case c.SucceedRender():
            return [_succeed(command, job)]
        case c.SettleRender():
            return _settle(command, job)
        case _:
            assert_never(command)


def _request(command: c.RequestRender, job: Job) -> e.Event:
    """Use a token again only while nothing was created for it: any other request with it may have been paid."""
    if job.open_renders:
        raise IllegalMove(f"attempt {job.open_renders[-1].attempt} is still open")
    deferred = job.deferred_render
    if deferred is not None and deferred.token != command.token:
        raise IllegalMove(f"attempt {deferred.attempt} goes on with its own token")
    if deferred is None and any(render.token == command.token for render in job.renders):
        raise IllegalMove(f"the token {command.token} was used before")
    order = command.order
    image_cost = command.prices.of_images(len(job.storyboard)) if order.bills else Decimal(0)
    return e.RenderRequested(
        attempt=job.attempt + (deferred is None),
        token=command.token,
        renderer=order.renderer,
        model=order.model,
        request_hash=order.request_hash,
        deadline=request_deadline(job, command.deadline),
        image_cost=image_cost,
        seconds_sent=order.seconds_sent,
        account=order.account,
        profile=order.profile,
        seed=order.seed,
        input=order.input,
        recall=order.recall,
        requested_at=command.at,
        estimated_cost=_estimate(command, job, image_cost),
        prices=command.prices,
    )


def _estimate(command: c.RequestRender, job: Job, image_cost: Decimal) -> Decimal:
    """Return what the render adds to the job's cost if it succeeds."""
    if not command.order.bills:
        return Decimal(0)
    seconds = command.order.seconds_sent
    video = command.prices.of_video(total_seconds(job.storyboard) if seconds is None else seconds)
    return video if job.counted_images is not None else video + image_cost


def request_deadline(job: Job, deadline: datetime) -> datetime:
    """Return the deadline of the next request: it moves only where nothing can have been sent for its token."""
    deferred = job.deferred_render
    return deferred.deadline if deferred is not None and deferred.is_absent else deadline


def _accept(command: c.AcceptRender, job: Job) -> Sequence[e.Event]:
    """Take a late answer, too, while the render is deferred or unresolved, but not after the attempt has ended."""
    render = job.render_with(command.token)
    if render.render_id == command.render_id:
        return []
    if render.render_id is not None:
        raise IllegalMove(f"attempt {render.attempt} already has the render {render.render_id}")
    _expect(render, RenderState.REQUESTED, RenderState.DEFERRED, RenderState.UNRESOLVED)
    return [e.RenderAccepted(attempt=render.attempt, scene=render.scene, render_id=command.render_id)]


def _defer(command: c.DeferRender, job: Job) -> e.Event:
    render = _render_in(job, command.token, *_IN_PROGRESS)
    return e.RenderDeferred(
        attempt=render.attempt,
        scene=render.scene,
        reason=command.reason,
        retry_at=command.at + timedelta(seconds=command.wait_seconds),
        retry_in_seconds=command.wait_seconds,
        absent=command.absent,
    )


def _leave_unresolved(command: c.LeaveUnresolved, job: Job) -> e.Event:
    render = _render_in(job, command.token, RenderState.REQUESTED)
    return e.RenderUnresolved(attempt=render.attempt, scene=render.scene, token=render.token, reason=command.reason)


def _adopt(command: c.AdoptRender, job: Job) -> Sequence[e.Event]:
    render = job.render_with(command.token)
    if render.render_id == command.render_id:
        return []
    _expect(render, RenderState.UNRESOLVED)
    if not job.unresolved_renders:
        raise IllegalMove(f"the job is {job.status}: no render of it waits for a person")
    return [
        e.RenderResolved(token=render.token, outcome="adopted", by=command.by, render_id=command.render_id),
        e.RenderAccepted(attempt=render.attempt, scene=render.scene, render_id=command.render_id),
    ]


def _progress(command: c.ReportProgress, job: Job) -> Sequence[e.Event]:
    percent = min(command.percent, RENDERING_MOST_PERCENT)
    if percent < job.percent + PROGRESS_STEP_PERCENT:
        return []
    return [
        e.RenderProgressed(
            percent=percent,
            scenes_completed=command.scenes_completed,
            current_scene=command.current_scene,
            estimated_completion_seconds=command.estimated_completion_seconds,
        )
    ]


def _fail(command: c.FailRender, job: Job) -> Sequence[e.Event]:
    render = _render_in(job, command.token, *_IN_PROGRESS)
    wait = command.retry.wait_seconds(job.tries) if command.retry else None
    failed = e.RenderAttemptFailed(
        attempt=render.attempt,
        scene=render.scene,
        reason=command.reason,
        cost=command.cost,
        basis=command.basis,
        tries=job.tries,
        tries_allowed=command.retry.tries_allowed if command.retry else job.tries,
        retry_at=None if wait is None else command.at + timedelta(seconds=wait),
        retry_in_seconds=wait,
    )
    if wait is not None:
        return [failed]
    plural = "attempt" if job.tries == 1 else "attempts"
    reason = f"Failed after {job.tries} {plural}: {command.reason}" if command.retry else command.reason
    return [failed, e.JobFailed(stage="rendering", reason=reason)]


def _succeed(command: c.SucceedRender, job: Job) -> e.Event:
    render = _render_in(job, command.token, *_IN_PROGRESS)
    cost, basis = _cost_of(command, job, render)
    return e.RenderSucceeded(
        attempt=render.attempt,
        output_url=command.output_url,
        duration_seconds=command.duration_seconds,
        expires_at=command.expires_at,
        download_until=command.download_until,
        cost=cost,
        basis=basis,
    )


def _cost_of(command: c.SucceedRender, job: Job, render: Render) -> tuple[Decimal, e.Basis]:
    if not render.order.bills:
        return Decimal(0), "not_billed"
    prices = render.prices_or(command.prices)
    if command.billed_seconds is not None:
        return prices.of_units(command.billed_seconds), "provider_metric"
    if command.duration_seconds is not None and prices.is_by_length:
        return prices.of_units(command.duration_seconds), "measured_duration"
    return prices.of_video(job.asked_seconds(render)), "asked_duration"


def _settle(command: c.SettleRender, job: Job) -> Sequence[e.Event]:
    """Settle a render that is open, or one that was believed not to exist and turned out to exist."""
    render = job.render_with(command.token)
    render_id = command.render_id or render.render_id
    if render.render_id not in {None, render_id}:
        raise IllegalMove(f"attempt {render.attempt} has the render {render.render_id}, not {render_id}")
    if render.state is RenderState.SETTLED and render.render_id == render_id:
        return []
    found_late = render.render_id is None and render_id is not None and not render.cost
    if render.state not in OPEN_RENDERS and (not found_late or render.state is RenderState.SUCCEEDED):
        raise IllegalMove(f"attempt {render.attempt} is {render.state}: nothing is left to settle")
    return [
        e.RenderSettled(
            attempt=render.attempt,
            scene=render.scene,
            render_id=render_id,
            outcome=command.outcome,
            cost=command.cost,
            basis=command.basis,
            output_url=command.output_url,
            expires_at=command.expires_at,
        )
    ]


def _render_in(job: Job, token: str, *states: RenderState) -> Render:
    """Return the render of this token. Raises IllegalMove where it is in none of these states any more."""
    render = job.render_with(token)
    _expect(render, *states)
    return render


def _expect(render: Render, *states: RenderState) -> None:
    if render.state not in states:
        raise IllegalMove(f"attempt {render.attempt} is {render.state}")
