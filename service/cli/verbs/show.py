"""`reelwright show`: all that is known of one job."""

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
from service.cli.history import load_history
from service.cli.output import clean, emit, emit_facts, emit_json, emit_table, json_option
from service.cli.session import job_argument, open_database, read_settings, run
from service.formats import money, size
from service.jobs.event_summaries import event_summary
from service.jobs.history import JobHistory
from service.settings import Settings


@click.command()
@job_argument
@json_option
def show(*, job_id: str, as_json: bool) -> None:
    """Show a job: facts, attempts with their cost, events."""
    settings = read_settings()
    history = run(_load(settings, job_id))
    if as_json:
        emit_json({**msgspec.structs.asdict(history.view), "events": history.event_views})
    else:
        emit_history(settings, history)


def emit_history(settings: Settings, history: JobHistory) -> None:
    """Print a job for a person: its facts, its attempts, its events."""
    job = history.job
    emit(f"Job {job.job_id}: {job.status}, version {job.version}")
    emit_facts(_facts(settings, history))
    if job.renders:
        emit("\nAttempts")
        emit_attempts(history)
    emit("\nEvents")
    emit_events(history.events)


def emit_events(events: Sequence[Recorded]) -> None:
    """Print the table of events."""
    rows = [
        (one.version, f"{one.recorded_at:%H:%M:%S.%f}"[:-3], type(one.event).__name__, event_summary(one.event))
        for one in events
    ]
    emit_table(("version", "time (UTC)", "event", "what"), rows, right=("version",))


def emit_attempts(history: JobHistory) -> None:
    """Print the table of attempts: what each cost, on which basis, and why it ended."""
    reasons = _reasons(history.events)
    rows = [
        (
            render.attempt,
            render.scene,
            render.model or render.renderer,
            render.state,
            render.render_id,
            *_cost(render, history.job),
            reasons.get((render.attempt, render.scene)),
        )
        for render in history.job.renders
    ]
    emit_table(
        ("attempt", "scene", "by", "state", "render", "cost", "basis", "reason"),
        rows,
        right=("attempt", "scene", "cost"),
    )


async def _load(settings: Settings, job_id: str) -> JobHistory:
    async with open_database(settings) as stores:
        history = await load_history(stores, job_id)
        return replace(history, waiting_for=await stores.jobs.waiting_for(job_id))


def _facts(settings: Settings, history: JobHistory) -> dict[str, object]:
    job, summary = history.job, history.summary
    done = job.completed
    estimate = f" (estimated {money(job.estimated_cost)})" if job.estimated_cost is not None else ""
    facts: dict[str, object] = {
        "storyboard": f"{len(job.storyboard)} scenes, {total_seconds(job.storyboard):g} s" if job.storyboard else None,
        "wishes": _wishes(job),
        "created": f"{summary.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "updated": f"{summary.updated_at:%Y-%m-%d %H:%M:%S} UTC",
        "progress": None if job.is_final else f"{job.percent} %: {job.message}",
        "waiting for": summary.waiting_for,
        "cost": f"{money(job.actual_cost)}{estimate}",
        "error": job.error if job.status == "failed" else None,
        "ended": clean(job.message) if job.status == "cancelled" else None,
    }
    if done is not None:
        facts |= video_facts(settings, job, done)
    return facts | {"warning": "; ".join(warning.message for warning in job.warnings) or None}


def video_path(settings: Settings, job_id: str) -> Path:
    """Return where the video of a job is."""
    return settings.data_dir.absolute() / "videos" / job_id / "final.mp4"


def video_facts(settings: Settings, job: Job, done: e.VideoCompleted) -> dict[str, object]:
    """Return what there is to know about a finished video."""
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
    asked = [
        f"{wishes.width} x {wishes.height}" if wishes.width and wishes.height else None,
        f"{wishes.fps} fps" if wishes.fps else None,
    ]
    return ", ".join(filter(None, asked)) or None


def _reasons(events: Sequence[Recorded]) -> dict[tuple[int, int | None], str]:
    told = (e.RenderAttemptFailed, e.RenderDeferred, e.RenderUnresolved)
    return {(one.event.attempt, one.event.scene): one.event.reason for one in events if isinstance(one.event, told)}


def _cost(render: Render, job: Job) -> tuple[str | None, str | None]:
    """Return cost and basis; the last word is with VideoCompleted."""
    known = job.completed.attempt_costs if job.completed else ()
    for cost in known:
        if (cost.attempt, cost.scene) == (render.attempt, render.scene):
            return money(cost.cost), cost.basis
    return (None, None) if render.cost is None else (money(render.cost), render.basis)
