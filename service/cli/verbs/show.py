"""`reelwright show`: everything that is known about one job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import msgspec

from domain import events as e
from domain.job import Job, Render
from domain.records import Recorded
from domain.storyboard import total_seconds
from service.cli.history import history_of
from service.cli.output import clean, emit, emit_facts, emit_json, emit_table, json_option
from service.cli.session import job_argument, open_database, read_settings, run
from service.formats import list_price, money, size
from service.jobs.event_summaries import event_summary
from service.jobs.history import JobHistory
from service.jobs.unresolved import UnresolvedRequest, unresolved_requests
from service.settings import Settings


@click.command()
@job_argument
@json_option
def show(*, job_id: str, as_json: bool) -> None:
    """Show a job: facts, attempts with their cost, events."""
    settings = read_settings()
    emit_history(settings, run(_load(settings, job_id)), as_json=as_json)


def emit_history(settings: Settings, history: JobHistory, *, as_json: bool) -> None:
    """Print a job with its facts, its attempts and its events."""
    if as_json:
        emit_json({**msgspec.structs.asdict(history.view), "events": history.event_views})
        return
    job = history.job
    emit(f"Job {job.job_id}: {job.status}, version {job.version}")
    emit_facts(_facts(settings, history))
    if job.renders:
        emit("\nAttempts")
        _emit_attempts(history)
    for request in unresolved_requests(job, history.events):
        _emit_unresolved(job, request)
    emit("\nEvents")
    emit_events(history.events)


def emit_events(events: Sequence[Recorded]) -> None:
    """Print the table of events."""
    rows = [
        (one.version, f"{one.recorded_at:%H:%M:%S.%f}"[:-3], type(one.event).__name__, event_summary(one.event))
        for one in events
    ]
    emit_table(("version", "time (UTC)", "event", "what"), rows, right=("version",))


def _emit_attempts(history: JobHistory) -> None:
    reasons = _reasons(history.events)
    rows = [
        (
            render.attempt,
            render.scene,
            render.order.model or render.order.renderer,
            render.state,
            render.render_id,
            *_cost(render, history.job),
            reasons.get((render.attempt, render.scene)),
        )
        for render in history.job.renders
    ]
    columns = ("attempt", "scene", "by", "state", "render", "cost", "basis", "reason")
    emit_table(columns, rows, right=("attempt", "scene", "cost"))


def _emit_unresolved(job: Job, request: UnresolvedRequest) -> None:
    """Print what a person needs to find a render, and what to type then."""
    render, several = request.render, len(job.unresolved_renders) > 1
    of_scene = "" if render.scene is None else f", scene {render.scene}"
    times = "; ".join(f"{at:%Y-%m-%d %H:%M:%S} UTC" for at in request.requested_at)
    retry = f"reelwright retry {job.job_id}{f' --scene {render.scene}' if several else ''}"
    emit(f"\nNeeds you: look for the render of attempt {render.attempt}{of_scene} on the provider's page")
    emit_facts({"requested": times, **request.facts})
    emit_facts(
        {
            "it is there": f"{retry} --render-id ID",
            "it is not": f"{retry}   (renders again and pays again)",
            "give up": f"reelwright cancel {job.job_id}",
        }
    )


async def _load(settings: Settings, job_id: str) -> JobHistory:
    async with open_database(settings) as stores:
        history = await history_of(stores, job_id)
        return replace(history, waiting_for=await stores.jobs.waiting_for(job_id))


def _facts(settings: Settings, history: JobHistory) -> dict[str, object]:
    job, summary = history.job, history.summary
    facts: dict[str, object] = {
        "storyboard": f"{len(job.storyboard)} scenes, {total_seconds(job.storyboard):g} s" if job.storyboard else None,
        "wishes": _wishes(job),
        "created": f"{summary.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "updated": f"{summary.updated_at:%Y-%m-%d %H:%M:%S} UTC",
        "progress": None if job.is_final else f"{job.percent} %: {job.message}",
        "waiting for": summary.waiting_for,
        "cost": cost_text(job),
        "error": job.error if job.status == "failed" else None,
        "ended": clean(job.message) if job.status == "cancelled" else None,
    }
    if job.completed is not None:
        facts |= video_facts(settings, job, job.completed)
    return facts | {"warning": "; ".join(warning.message for warning in job.warnings) or None}


def cost_text(job: Job) -> str:
    """Return the actual cost of a job, its estimate where it has one, and what nobody was paid for."""
    estimate = "" if job.estimated_cost is None else f" (estimated {money(job.estimated_cost)})"
    unbilled = "" if job.list_price is None else f"; {list_price(job.list_price)}"
    return f"{money(job.actual_cost)}{estimate}{unbilled}"


def video_path(settings: Settings, job_id: str) -> Path:
    """Return the path of a job's video."""
    return settings.data_dir.absolute() / "videos" / job_id / "final.mp4"


def video_facts(settings: Settings, job: Job, done: e.VideoCompleted) -> dict[str, object]:
    """Return names and values that describe a finished video."""
    if done.sha256 is None:
        return {"video": "none: this renderer stores no file"}
    return {
        "video": video_path(settings, job.job_id),
        "duration": f"{done.duration_seconds:.2f} s",
        "image": f"{done.width} x {done.height}, {done.codec}",
        "size": f"{size(done.size_bytes)} ({done.size_bytes} bytes)",
        "sha256": done.sha256,
    }


def _wishes(job: Job) -> str | None:
    wishes = job.output
    size_wish = f"{wishes.width} x {wishes.height}" if wishes.width and wishes.height else None
    fps_wish = f"{wishes.fps} fps" if wishes.fps else None
    return ", ".join(filter(None, (size_wish, fps_wish))) or None


def _reasons(events: Sequence[Recorded]) -> dict[tuple[int, int | None], str]:
    with_reason = (e.RenderAttemptFailed, e.RenderDeferred, e.RenderUnresolved)
    found = [one.event for one in events if isinstance(one.event, with_reason)]
    return {(event.attempt, event.scene): event.reason for event in found}


def _cost(render: Render, job: Job) -> tuple[str | None, str | None]:
    """Return cost and basis of a render; those of `VideoCompleted` replace earlier ones."""
    known = job.completed.attempt_costs if job.completed else ()
    for cost in known:
        if (cost.attempt, cost.scene) == (render.attempt, render.scene):
            return money(cost.cost), cost.basis
    return (None, None) if render.cost is None else (money(render.cost), render.basis)
