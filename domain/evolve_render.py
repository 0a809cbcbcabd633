"""How a job changes with the events of its renders."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import assert_never

from domain import events as e
from domain.errors import IllegalMove
from domain.job import DOWNLOADING_PERCENT, Job, Render, RenderState
from domain.machine import Status
from domain.rendering import RenderOrder

_RESOLVED = {
    "adopted": RenderState.REQUESTED,
    "not_created": RenderState.DEFERRED,
    "given_up": RenderState.GIVEN_UP,
}


def after_render_event(job: Job, event: e.RenderEvent) -> Job:  # noqa: C901 - a case for each event, nothing else
    """Return the job as the event makes it; `evolve` adds status and version."""
    match event:
        case e.RenderRequested():
            return _requested(job, event)
        case e.RenderAccepted():
            return _accepted(job, event)
        case e.SceneRendered():
            return _with_render(job, event.attempt, event.scene, state=RenderState.SUCCEEDED, cost=event.cost)
        case e.SceneStored():
            return replace(job, scenes_completed=job.scenes_completed + 1)
        case e.RenderDeferred():
            return _deferred(job, event)
        case e.RenderUnresolved():
            return _unresolved(job, event)
        case e.RenderResolved():
            return _resolved(job, event)
        case e.RenderProgressed():
            return _progressed(job, event)
        case e.RenderAttemptFailed():
            return _attempt_failed(job, event)
        case e.RenderSucceeded():
            return _succeeded(job, event)
        case e.RenderSettled():
            return _settled(job, event)
        case _:
            assert_never(event)


def _requested(job: Job, event: e.RenderRequested) -> Job:
    # The same token again: nothing was created for it, and the same attempt continues.
    others = tuple(render for render in job.renders if render.token != event.token)
    before = next((render for render in job.renders if render.token == event.token), None)
    render = Render(
        attempt=event.attempt,
        scene=event.scene,
        token=event.token,
        order=_order_of(event),
        deadline=event.deadline,
        requested_at=event.requested_at,
        prices=event.prices,
        absences=before.absences if before else 0,
        may_exist=before.may_exist if before else False,
    )
    return replace(
        job.without_wait(),
        attempt=event.attempt,
        tries=max(job.tries + (event.attempt > job.attempt), 1),
        renders=(*others, render),
        image_cost=event.image_cost if job.counted_images is None else job.counted_images,
        images_paid=job.counted_images is not None,
        percent=0,
        scenes_completed=0,
        current_scene=None,
        message=_rendering_message(event.attempt),
    )


def _order_of(event: e.RenderRequested) -> RenderOrder:
    return RenderOrder(
        renderer=event.renderer,
        model=event.model,
        request_hash=event.request_hash,
        account=event.account,
        profile=event.profile,
        seed=event.seed,
        input=event.input,
        recall=event.recall,
        seconds_sent=event.seconds_sent,
    )


def _accepted(job: Job, event: e.RenderAccepted) -> Job:
    rendering = replace(job.without_wait(), images_paid=True, message=_rendering_message(event.attempt))
    return _with_render(rendering, event.attempt, event.scene, state=RenderState.ACCEPTED, render_id=event.render_id)


def _rendering_message(attempt: int) -> str:
    return "Rendering video from images..." if attempt == 1 else f"Rendering video (attempt {attempt})..."


def _deferred(job: Job, event: e.RenderDeferred) -> Job:
    waiting = replace(
        job,
        retry_at=event.retry_at,
        wait_seconds=event.retry_in_seconds,
        last_problem=event.reason,
        message=f"Waiting: {event.reason}",
    )
    deferred = _with_render(waiting, event.attempt, event.scene, state=RenderState.DEFERRED, is_absent=event.absent)
    if not event.absent:
        return deferred
    render = render_of(job, event.attempt, event.scene)
    return _with_render(deferred, event.attempt, event.scene, absences=render.absences + 1, may_exist=True)


def _unresolved(job: Job, event: e.RenderUnresolved) -> Job:
    message = f"Waiting for an operator: {event.reason}"
    waiting = replace(job, retry_at=None, last_problem=event.reason, message=message)
    return _with_render(waiting, event.attempt, event.scene, state=RenderState.UNRESOLVED)


def _resolved(job: Job, event: e.RenderResolved) -> Job:
    render = job.render_with(event.token)
    resolved = replace(job.without_wait(), message=f"Render resolved by {event.by}")
    return _with_render(resolved, render.attempt, render.scene, state=_RESOLVED[event.outcome], may_exist=True)


def _progressed(job: Job, event: e.RenderProgressed) -> Job:
    return replace(
        job,
        percent=event.percent,
        scenes_completed=event.scenes_completed,
        current_scene=event.current_scene,
        estimated_completion_seconds=event.estimated_completion_seconds,
    )


def _attempt_failed(job: Job, event: e.RenderAttemptFailed) -> Job:
    message = event.reason
    if event.retry_at:
        message = f"Retrying in {event.retry_in_seconds:g}s (attempt {event.tries + 1}/{event.tries_allowed})..."
    waiting = replace(
        job,
        retry_at=event.retry_at,
        wait_seconds=event.retry_in_seconds,
        last_problem=event.reason,
        estimated_completion_seconds=None,
        message=message,
    )
    return _with_render(
        waiting, event.attempt, event.scene, state=RenderState.FAILED, cost=event.cost, basis=event.basis
    )


def _succeeded(job: Job, event: e.RenderSucceeded) -> Job:
    done = replace(
        job.without_wait(),
        images_paid=True,
        percent=DOWNLOADING_PERCENT,
        scenes_completed=len(job.storyboard),
        current_scene=None,
        output_url=event.output_url,
        expires_at=event.expires_at,
        download_until=event.download_until,
        message="Downloading video...",
    )
    price = _list_price(job, render_of(job, event.attempt, None), event.duration_seconds)
    return _with_render(
        done, event.attempt, None, state=RenderState.SUCCEEDED, cost=event.cost, basis=event.basis, list_price=price
    )


def _list_price(job: Job, render: Render, seconds: float | None) -> Decimal | None:
    if render.order.bills or render.prices is None:
        return None
    return render.prices.of_video(job.asked_seconds(render) if seconds is None else seconds)


def _settled(job: Job, event: e.RenderSettled) -> Job:
    settled = _with_render(
        job, event.attempt, event.scene, state=RenderState.SETTLED, cost=event.cost, basis=event.basis
    )
    if event.output_url is not None and job.status is Status.FAILED:
        settled = replace(settled, output_url=event.output_url, expires_at=event.expires_at)
    if event.render_id is None:
        return settled
    return _with_render(replace(settled, images_paid=True), event.attempt, event.scene, render_id=event.render_id)


def render_of(job: Job, attempt: int, scene: int | None) -> Render:
    """Return the newest render of this attempt and scene. Raises IllegalMove."""
    for render in reversed(job.renders):
        if (render.attempt, render.scene) == (attempt, scene):
            return render
    raise IllegalMove(f"no render of this job is attempt {attempt} of scene {scene}")


def _with_render(job: Job, attempt: int, scene: int | None, **changes: object) -> Job:
    """Change the newest render of this attempt and scene."""
    changed = render_of(job, attempt, scene)
    after = replace(changed, **changes)  # type: ignore[arg-type]  # the callers above name fields
    return replace(job, renders=tuple(after if render is changed else render for render in job.renders))
