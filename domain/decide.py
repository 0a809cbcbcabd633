"""Which events an order makes of a job. Pure: the same order on the same job always gives the same events.

Raises IllegalMove when the order cannot be followed from where the job stands. An empty answer means:
it already is as ordered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import assert_never

from domain import commands as c
from domain import events as e
from domain.cost import above_estimate, total
from domain.errors import IllegalMove
from domain.evolve import evolve
from domain.job import OPEN_RENDERS, Job, Render, RenderState
from domain.machine import Status
from domain.retry import download_wait_seconds
from domain.warnings import not_as_asked

PROGRESS_STEP_PERCENT = 5
RENDERING_MOST_PERCENT = 95
"""What follows a render has percents of its own, above this one: see `job.py`."""


def decide(command: c.Command, job: Job) -> tuple[e.Event, ...]:
    """Return the events that `command` makes, oldest first, each of them legal after the one before."""
    return advance(command, job)[0]


def advance(command: c.Command, job: Job) -> tuple[tuple[e.Event, ...], Job]:
    """Return what `decide` returns, and the job as these events make it."""
    events = tuple(_decide(command, job))
    return events, reduce(evolve, events, job)


def _decide(command: c.Command, job: Job) -> Sequence[e.Event]:
    match command:
        case c.Approve() | c.RefuseStoryboard():
            return _receive(command, job)
        case c.Cancel():
            return [e.JobCancelled(by=command.by, reason=command.reason)]
        case c.Retry():
            return _retry(command, job)
        case c.ResolveRender():
            return [_resolve(command, job)]
        case c.FailJob():
            return [e.JobFailed(stage=str(job.status), reason=command.reason)]
        case c.FailDownload() | c.StoreVideo() | c.CompleteJob():
            return _download(command, job)
        case c.RequestRender():
            return [_request_render(command, job)]
        case c.ReportProgress():
            return _progress(command, job)
        case _:
            return _render(command, job, _render_of(job, command.token))


def _receive(command: c.Approve | c.RefuseStoryboard, job: Job) -> Sequence[e.Event]:
    match command:
        case c.Approve() if command.storyboard_hash == job.storyboard_hash:
            return []
        case c.RefuseStoryboard() if command.received_hash == job.received_hash:
            return []
        case c.Approve():
            return [
                e.StoryboardApproved(
                    storyboard=command.storyboard,
                    output=command.output,
                    storyboard_hash=command.storyboard_hash,
                    estimated_cost=command.estimated_cost,
                )
            ]
        case c.RefuseStoryboard():
            return [
                e.StoryboardRefused(
                    reason=command.reason, received=command.received, received_hash=command.received_hash
                )
            ]
        case _:
            assert_never(command)


def _retry(command: c.Retry, job: Job) -> Sequence[e.Event]:
    if job.needs_operator and job.render is not None:
        return [e.RenderResolved(token=job.render.token, outcome="not_created", by=command.by)]
    if job.last_event == "StoryboardRefused":
        raise IllegalMove("a refused job wants a new approval")
    if job.status is Status.FAILED and job.open_renders:
        raise IllegalMove("a render of this job is still being ended: retry when it is settled")
    if job.status is Status.FAILED and job.output_url and _still_there(job, command.at):
        until = command.at + timedelta(seconds=command.download_seconds)
        return [
            e.DownloadRetryRequested(
                by=command.by,
                output_url=job.output_url,
                expires_at=job.expires_at,
                download_until=min(until, job.expires_at) if job.expires_at else until,
            )
        ]
    return [e.RetryRequested(by=command.by)]


def _still_there(job: Job, at: datetime) -> bool:
    return job.expires_at is None or job.expires_at > at


def _resolve(command: c.ResolveRender, job: Job) -> e.Event:
    if not job.needs_operator or job.render is None or job.render.token != command.token:
        raise IllegalMove(f"no render with the token {command.token} waits for an operator")
    return e.RenderResolved(token=command.token, outcome=command.outcome, by=command.by)


def _request_render(command: c.RequestRender, job: Job) -> e.Event:
    """A token goes on only while nothing was created for it: whatever else has it may have been paid."""
    latest = job.render
    if job.open_renders:
        raise IllegalMove(f"attempt {job.open_renders[-1].attempt} is still open")
    goes_on = latest is not None and latest.state is RenderState.DEFERRED
    if latest is not None and goes_on and latest.token != command.token:
        raise IllegalMove(f"attempt {latest.attempt} goes on with its own token")
    if not goes_on and any(render.token == command.token for render in job.renders):
        raise IllegalMove(f"the token {command.token} was used before")
    return e.RenderRequested(
        attempt=job.attempt if goes_on else job.attempt + 1,
        token=command.token,
        renderer=command.renderer,
        model=command.model,
        request_hash=command.request_hash,
        deadline=command.deadline,
        image_cost=command.prices.of_images(len(job.storyboard)),
        seconds_sent=command.seconds_sent,
    )


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


RenderCommand = c.AcceptRender | c.DeferRender | c.LeaveUnresolved | c.FailRender | c.SucceedRender | c.SettleRender


def _render(command: RenderCommand, job: Job, render: Render) -> Sequence[e.Event]:
    match command:
        case c.AcceptRender():
            return _accept(command, render)
        case c.SettleRender():
            return _settle(command, render)
        case c.DeferRender():
            _expect(render, RenderState.REQUESTED, RenderState.ACCEPTED)
            return [
                e.RenderDeferred(
                    attempt=render.attempt, scene=render.scene, reason=command.reason, retry_at=command.retry_at
                )
            ]
        case c.LeaveUnresolved():
            _expect(render, RenderState.REQUESTED)
            return [
                e.RenderUnresolved(
                    attempt=render.attempt, scene=render.scene, token=render.token, reason=command.reason
                )
            ]
        case c.FailRender():
            _expect(render, RenderState.REQUESTED, RenderState.ACCEPTED)
            return _fail_render(command, job, render)
        case c.SucceedRender():
            _expect(render, RenderState.REQUESTED, RenderState.ACCEPTED)
            return [_succeed(command, job, render)]
        case _:
            assert_never(command)


def _expect(render: Render, *states: RenderState) -> None:
    """Refuse an order that comes too late for its render: what was concluded about it meanwhile stands."""
    if render.state not in states:
        raise IllegalMove(f"attempt {render.attempt} is {render.state}")


def _accept(command: c.AcceptRender, render: Render) -> Sequence[e.Event]:
    """A late answer counts also where nobody hoped for one any more, but not after the attempt was closed."""
    if render.render_id == command.render_id:
        return []
    if render.render_id is not None:
        raise IllegalMove(f"attempt {render.attempt} already has the render {render.render_id}")
    _expect(render, RenderState.REQUESTED, RenderState.DEFERRED, RenderState.UNRESOLVED)
    return [e.RenderAccepted(attempt=render.attempt, scene=render.scene, render_id=command.render_id)]


def _settle(command: c.SettleRender, render: Render) -> Sequence[e.Event]:
    """Only what is open, or turned out to exist after it was believed not to, can still be settled."""
    render_id = command.render_id or render.render_id
    if render.render_id not in {None, render_id}:
        raise IllegalMove(f"attempt {render.attempt} has the render {render.render_id}, not {render_id}")
    if render.state is RenderState.SETTLED and render.render_id == render_id:
        return []
    appeared = render.render_id is None and render_id is not None and not render.cost
    if render.state not in OPEN_RENDERS and (not appeared or render.state is RenderState.SUCCEEDED):
        raise IllegalMove(f"attempt {render.attempt} is {render.state}: nothing is left to settle")
    return [
        e.RenderSettled(
            attempt=render.attempt,
            scene=render.scene,
            render_id=render_id,
            outcome=command.outcome,
            cost=command.cost,
            basis=command.basis,
        )
    ]


def _fail_render(command: c.FailRender, job: Job, render: Render) -> Sequence[e.Event]:
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


def _succeed(command: c.SucceedRender, job: Job, render: Render) -> e.Event:
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
    if command.billed_seconds is not None:
        return command.prices.of_seconds(command.billed_seconds), "provider_metric"
    if command.duration_seconds is not None:
        return command.prices.of_seconds(command.duration_seconds), "measured_duration"
    return command.prices.of_seconds(job.asked_seconds(render)), "asked_duration"


def _download(command: c.FailDownload | c.StoreVideo | c.CompleteJob, job: Job) -> Sequence[e.Event]:
    match command:
        case c.FailDownload():
            return _fail_download(command, job)
        case c.StoreVideo():
            stored = _store(command, job)
            return [] if job.stored == stored else [stored]
        case c.CompleteJob():
            return [_complete(command, job)]
        case _:
            assert_never(command)


def _store(command: c.StoreVideo, job: Job) -> e.VideoStored:
    return e.VideoStored(
        size_bytes=command.size_bytes,
        sha256=command.sha256,
        duration_seconds=command.duration_seconds,
        warnings=not_as_asked(
            job.output,
            asked_seconds=job.asked_seconds(job.render),
            seconds=command.duration_seconds,
            width=command.width,
            height=command.height,
        ),
    )


def _fail_download(command: c.FailDownload, job: Job) -> Sequence[e.Event]:
    wait, until = download_wait_seconds(job.download_tries + 1), job.download_until
    if until is not None and command.at < until:
        # The last try comes at the very end: what is paid is asked for as long as it may be there.
        wait = min(wait, round((until - command.at).total_seconds(), 6))
    retry_at = command.at + timedelta(seconds=wait)
    gives_up = command.permanent or (until is not None and retry_at > until)
    failed = e.DownloadAttemptFailed(
        attempt=job.attempt,
        reason=command.reason,
        retry_at=None if gives_up else retry_at,
        retry_in_seconds=None if gives_up else wait,
        permanent=command.permanent,
    )
    return [failed, e.JobFailed(stage="downloading", reason=_last_words(command, job))] if gives_up else [failed]


def _last_words(command: c.FailDownload, job: Job) -> str:
    """Where an output was paid and may still be fetched by hand, say where and until when."""
    if command.permanent or job.output_url is None or not job.output_url.startswith(("https://", "http://")):
        return command.reason
    until = f", which expires at {job.expires_at:%Y-%m-%d %H:%M:%S} UTC" if job.expires_at else ""
    return f"{command.reason} (the output is at {job.output_url}{until})"


def _complete(command: c.CompleteJob, job: Job) -> e.Event:
    costs = tuple(
        _attempt_cost(render, command, is_last=render is job.render)
        for render in job.renders
        if render.cost is not None
    )
    actual = total([job.image_cost, *(cost.cost for cost in costs)])
    return e.VideoCompleted(
        video_url=command.video_url,
        size_bytes=command.size_bytes,
        sha256=command.sha256,
        duration_seconds=command.duration_seconds,
        width=command.width,
        height=command.height,
        codec=command.codec,
        actual_cost=actual,
        image_cost=job.image_cost,
        attempt_costs=costs,
        above_estimate=above_estimate(actual, job.estimated_cost, threshold=command.threshold),
    )


def _attempt_cost(render: Render, command: c.CompleteJob, *, is_last: bool) -> e.AttemptCost:
    """The measured length of the video replaces every weaker figure of the attempt that made it: the last one."""
    cost, basis = render.cost or Decimal(0), render.basis
    if is_last and render.state is RenderState.SUCCEEDED and basis != "provider_metric":
        cost, basis = command.prices.of_seconds(command.duration_seconds), "measured_duration"
    return e.AttemptCost(attempt=render.attempt, scene=render.scene, cost=cost, basis=basis)


def _render_of(job: Job, token: str) -> Render:
    for render in job.renders:
        if render.token == token:
            return render
    raise IllegalMove(f"no render of this job has the token {token}")
