"""A job, and how events make it what it is: `evolve` takes one event, `replay` a whole history.

Nothing here decides what should happen next; that is `decide.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import reduce, singledispatch

from domain import events as e
from domain.cost import total
from domain.errors import IllegalMove
from domain.machine import FINAL, Status, move
from domain.storyboard import OutputWishes, Scene, total_seconds
from domain.warnings import JobWarning

DOWNLOADING_PERCENT, FINALIZING_PERCENT = 96, 99
"""While a video is rendered the percent stays below these; 100 means completed and nothing else."""


class RenderState(StrEnum):
    """What is known of one request to the renderer."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    UNRESOLVED = "unresolved"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    GIVEN_UP = "given_up"
    SETTLED = "settled"


OPEN_RENDERS = frozenset({RenderState.REQUESTED, RenderState.ACCEPTED, RenderState.UNRESOLVED})
"""States in which a render may exist at the provider and cost money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """One request to the renderer and what became of it. `cost` is None until it is known."""

    attempt: int
    scene: int | None
    token: str
    renderer: str
    model: str | None
    request_hash: str
    deadline: datetime
    state: RenderState = RenderState.REQUESTED
    render_id: str | None = None
    cost: Decimal | None = None
    basis: e.Basis = "not_billed"
    seconds_sent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The state of one job after `version` events. A plain value: two folds of one history are equal."""

    job_id: str
    status: Status = Status.NEW
    version: int = 0
    last_event: str | None = None
    storyboard: tuple[Scene, ...] = ()
    output: OutputWishes = OutputWishes()  # noqa: RUF009 - frozen, so one value may be shared
    storyboard_hash: str | None = None
    received_hash: str | None = None
    estimated_cost: Decimal | None = None
    attempt: int = 0
    tries: int = 0
    renders: tuple[Render, ...] = ()
    image_cost: Decimal = Decimal(0)
    images_paid: bool = False
    percent: int = 0
    scenes_completed: int = 0
    current_scene: int | None = None
    estimated_completion_seconds: int | None = None
    retry_at: datetime | None = None
    wait_seconds: float | None = None
    wait_reason: str | None = None
    output_url: str | None = None
    expires_at: datetime | None = None
    download_until: datetime | None = None
    download_tries: int = 0
    stored: e.VideoStored | None = None
    completed: e.VideoCompleted | None = None
    stage: str | None = None
    error: str | None = None
    message: str = ""

    @property
    def is_final(self) -> bool:
        """Whether it has ended, in whichever way."""
        return self.status in FINAL

    @property
    def render(self) -> Render | None:
        """The newest request to the renderer."""
        return self.renders[-1] if self.renders else None

    @property
    def open_renders(self) -> tuple[Render, ...]:
        """Renders that may still cost money at the provider."""
        return tuple(render for render in self.renders if render.state in OPEN_RENDERS)

    @property
    def actual_cost(self) -> Decimal:
        """USD spent so far, as far as it is known, rounded to cents."""
        if self.completed is not None:
            return self.completed.actual_cost
        images = self.image_cost if self.images_paid else Decimal(0)
        return total([images, *(render.cost for render in self.renders if render.cost is not None)])

    @property
    def warnings(self) -> tuple[JobWarning, ...]:
        """What a person should look at, though it stopped nothing."""
        return () if self.stored is None else self.stored.warnings

    def asked_seconds(self, render: Render | None) -> float:
        """Return the length of video that a render was asked for; where its model takes none, the storyboard's."""
        sent = None if render is None else render.seconds_sent
        return total_seconds(self.storyboard) if sent is None else sent

    @property
    def needs_operator(self) -> bool:
        """Whether only a person can tell how to go on."""
        return (
            self.status is Status.RENDERING and self.render is not None and self.render.state is RenderState.UNRESOLVED
        )


def evolve(job: Job, event: e.Event) -> Job:
    """Return the job after `event`. Raises IllegalMove where there is no such arrow: stored, that is corruption."""
    kind = type(event).__name__
    status = move(job.status, kind, after=job.last_event)
    return replace(_apply(event, job), status=status, version=job.version + 1, last_event=kind)


def replay(job_id: str, history: Iterable[e.Event]) -> Job:
    """Fold a history, oldest first; of no events this is a job in `new`."""
    return reduce(evolve, history, Job(job_id=job_id))


@singledispatch
def _apply(event: e.Event, job: Job) -> Job:  # noqa: ARG001 - the folds below take both
    raise TypeError(f"no fold for {type(event).__name__}")


@_apply.register
def _(event: e.StoryboardApproved, job: Job) -> Job:
    return Job(
        job_id=job.job_id,
        version=job.version,
        received_hash=job.received_hash,
        storyboard=event.storyboard,
        output=event.output,
        storyboard_hash=event.storyboard_hash,
        estimated_cost=event.estimated_cost,
        message="Storyboard approved",
    )


@_apply.register
def _(event: e.StoryboardRefused, job: Job) -> Job:
    return replace(job, received_hash=event.received_hash, stage="approved", error=event.reason, message=event.reason)


@_apply.register
def _(event: e.RenderRequested, job: Job) -> Job:
    # The same token again: nothing had been created for it, and the same attempt goes on.
    earlier = tuple(render for render in job.renders if render.token != event.token)
    render = Render(
        attempt=event.attempt,
        scene=event.scene,
        token=event.token,
        renderer=event.renderer,
        model=event.model,
        request_hash=event.request_hash,
        deadline=event.deadline,
        seconds_sent=event.seconds_sent,
    )
    return replace(
        _going_on(job),
        attempt=event.attempt,
        tries=max(job.tries + (event.attempt > job.attempt), 1),
        renders=(*earlier, render),
        image_cost=job.image_cost if job.images_paid else event.image_cost,
        percent=0,
        scenes_completed=0,
        current_scene=None,
        message=_rendering_message(event.attempt),
    )


@_apply.register
def _(event: e.RenderAccepted, job: Job) -> Job:
    rendering = replace(_going_on(job), images_paid=True, message=_rendering_message(event.attempt))
    return _with_render(rendering, event.attempt, event.scene, state=RenderState.ACCEPTED, render_id=event.render_id)


@_apply.register
def _(event: e.SceneRendered, job: Job) -> Job:
    return _with_render(job, event.attempt, event.scene, state=RenderState.SUCCEEDED, cost=event.cost)


@_apply.register
def _(event: e.SceneStored, job: Job) -> Job:  # noqa: ARG001 - that it happened is all that counts
    return replace(job, scenes_completed=job.scenes_completed + 1)


@_apply.register
def _(event: e.RenderDeferred, job: Job) -> Job:
    waiting = replace(job, retry_at=event.retry_at, wait_reason=event.reason, message=f"Waiting: {event.reason}")
    return _with_render(waiting, event.attempt, event.scene, state=RenderState.DEFERRED)


@_apply.register
def _(event: e.RenderUnresolved, job: Job) -> Job:
    waiting = replace(job, retry_at=None, wait_reason=event.reason, message=f"Waiting for an operator: {event.reason}")
    return _with_render(waiting, event.attempt, event.scene, state=RenderState.UNRESOLVED)


@_apply.register
def _(event: e.RenderResolved, job: Job) -> Job:
    outcomes = {"adopted": RenderState.REQUESTED, "not_created": RenderState.DEFERRED, "given_up": RenderState.GIVEN_UP}
    found = next((render for render in job.renders if render.token == event.token), None)
    if found is None:
        raise IllegalMove(f"no render of this job has the token {event.token}")
    resolved = replace(_going_on(job), message=f"Render resolved by {event.by}")
    return _with_render(resolved, found.attempt, found.scene, state=outcomes[event.outcome])


@_apply.register
def _(event: e.RenderProgressed, job: Job) -> Job:
    return replace(
        job,
        percent=event.percent,
        scenes_completed=event.scenes_completed,
        current_scene=event.current_scene,
        estimated_completion_seconds=event.estimated_completion_seconds,
    )


@_apply.register
def _(event: e.RenderAttemptFailed, job: Job) -> Job:
    again = (
        f"Retrying in {event.retry_in_seconds:g}s (attempt {event.tries + 1}/{event.tries_allowed})..."
        if event.retry_at
        else ""
    )
    waiting = replace(
        job,
        retry_at=event.retry_at,
        wait_seconds=event.retry_in_seconds,
        wait_reason=event.reason,
        estimated_completion_seconds=None,
        message=again or event.reason,
    )
    return _with_render(
        waiting, event.attempt, event.scene, state=RenderState.FAILED, cost=event.cost, basis=event.basis
    )


@_apply.register
def _(event: e.RenderSucceeded, job: Job) -> Job:
    done = replace(
        _going_on(job),
        images_paid=True,
        percent=DOWNLOADING_PERCENT,
        scenes_completed=len(job.storyboard),
        current_scene=None,
        output_url=event.output_url,
        expires_at=event.expires_at,
        download_until=event.download_until,
        message="Downloading video...",
    )
    return _with_render(done, event.attempt, None, state=RenderState.SUCCEEDED, cost=event.cost, basis=event.basis)


@_apply.register
def _(event: e.DownloadAttemptFailed, job: Job) -> Job:
    return replace(
        job,
        retry_at=event.retry_at,
        wait_seconds=event.retry_in_seconds,
        wait_reason=event.reason,
        download_tries=job.download_tries + 1,
        output_url=None if event.permanent else job.output_url,
        message=f"Downloading again in {event.retry_in_seconds:g}s..." if event.retry_at else event.reason,
    )


@_apply.register
def _(event: e.VideoStored, job: Job) -> Job:
    return replace(_going_on(job), stored=event, percent=FINALIZING_PERCENT, message="Finalizing...")


@_apply.register
def _(event: e.VideoCompleted, job: Job) -> Job:
    return replace(
        _going_on(job),
        completed=event,
        percent=100,
        estimated_completion_seconds=0,
        message="Video rendering complete!",
    )


@_apply.register
def _(event: e.JobFailed, job: Job) -> Job:
    return replace(_going_on(job), stage=event.stage, error=event.reason, message=event.reason)


@_apply.register
def _(event: e.JobCancelled, job: Job) -> Job:
    why = f": {event.reason}" if event.reason else ""
    return replace(_going_on(job), stage=str(job.status), message=f"Cancelled by {event.by}{why}")


@_apply.register
def _(event: e.RetryRequested, job: Job) -> Job:
    return replace(
        _going_on(job),
        tries=0,
        percent=0,
        scenes_completed=0,
        output_url=None,
        expires_at=None,
        download_until=None,
        download_tries=0,
        stored=None,
        stage=None,
        error=None,
        message=f"Retry requested by {event.by}",
    )


@_apply.register
def _(event: e.DownloadRetryRequested, job: Job) -> Job:
    return replace(
        _going_on(job),
        output_url=event.output_url,
        expires_at=event.expires_at,
        download_until=event.download_until,
        download_tries=0,
        stored=None,
        percent=DOWNLOADING_PERCENT,
        stage=None,
        error=None,
        message="Downloading video...",
    )


@_apply.register
def _(event: e.RenderSettled, job: Job) -> Job:
    settled = _with_render(
        job, event.attempt, event.scene, state=RenderState.SETTLED, cost=event.cost, basis=event.basis
    )
    if event.render_id is None:
        return settled
    return _with_render(replace(settled, images_paid=True), event.attempt, event.scene, render_id=event.render_id)


def _rendering_message(attempt: int) -> str:
    return "Rendering video from images..." if attempt == 1 else f"Rendering video (attempt {attempt})..."


def _going_on(job: Job) -> Job:
    """Forget what the job was waiting for."""
    return replace(job, retry_at=None, wait_seconds=None, wait_reason=None, estimated_completion_seconds=None)


def _with_render(job: Job, attempt: int, scene: int | None, **changes: object) -> Job:
    """Change the newest render of this attempt and scene."""
    renders = list(job.renders)
    at = max(
        (i for i, render in enumerate(renders) if (render.attempt, render.scene) == (attempt, scene)), default=None
    )
    if at is None:
        return job
    renders[at] = replace(renders[at], **changes)  # type: ignore[arg-type]  # the fields are named by the folds above
    return replace(job, renders=tuple(renders))
