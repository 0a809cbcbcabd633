"""What a restore has found, as tables for a person and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from domain.rendering import ListedRender
from domain.times import time_text
from service.cli.output import emit, emit_table, say
from service.formats import money

if TYPE_CHECKING:
    from service.housekeeping.forgotten import ForgottenJob, ForgottenJobs, RestoreReport, UnownedRenders

MOST_SHOWN = 100
JOB_COLUMNS = ("job", "in the copy", "announced", "at (UTC)", "cost", "render", "what happens")
RENDER_COLUMNS = ("render", "job", "created (UTC)", "status", "model", "page")
WHAT_HAPPENS = {
    "unknown": "unknown here: it is rendered only if it is approved again",
    "stopped": "stopped: a retry renders it again, and pays again",
    "goes_on": "goes on with the render that it has",
    "needs_operator": "waits for you: a retry may pay again",
    "ended": "ended in the copy: a retry pays again",
}


def report_view(report: RestoreReport) -> Mapping[str, object]:
    """Return the report as JSON."""
    unowned, jobs = report.unowned, _jobs_by_render(report.forgotten)
    return {
        "restored_at": time_text(report.restored_at),
        "position": report.position,
        "last_event_at": _time(report.last_event_at),
        "stopped": report.stopped,
        "unfinished": report.unfinished,
        "approvals": report.approvals,
        "announced_after": [_job_view(job) for job in report.forgotten.jobs],
        "announcements_complete": report.forgotten.is_complete,
        "unowned_renders": None if unowned is None else [_render_view(render, jobs) for render in unowned.renders],
        "provider_problem": None if unowned is None else unowned.problem,
    }


def emit_report(report: RestoreReport) -> None:
    """Print the report, and what to do next."""
    last = "" if report.last_event_at is None else f", the last one of {_moment(report.last_event_at)} UTC"
    emit(f"The database was restored at {_moment(report.restored_at)} UTC, with {report.position} events{last}.")
    _emit_forgotten(report.forgotten)
    if report.unowned is not None:
        _emit_unowned(report.unowned, _jobs_by_render(report.forgotten))
    emit(f"\n{report.stopped} jobs were stopped; {report.unfinished} have not ended.")
    _advise(report)


def _emit_forgotten(forgotten: ForgottenJobs) -> None:
    if forgotten.jobs:
        emit(f"\n{len(forgotten.jobs)} jobs of which more was announced than the copy knows:\n")
        emit_table(JOB_COLUMNS, [_job_row(job) for job in forgotten.jobs[:MOST_SHOWN]], right=("cost",))
        _say_more(len(forgotten.jobs))
    elif forgotten.is_complete:
        emit("Nothing was announced that the copy does not know.")
    if not forgotten.is_complete:
        say("WARNING: the stream VIDEO does not reach back to the copy. What was rendered in between cannot be named,")
        say("and jobs that have not ended may be paid again. Stop them: reelwright restored --stop-jobs")


def _emit_unowned(unowned: UnownedRenders, jobs: Mapping[str, str]) -> None:
    if unowned.renders:
        emit(f"\n{len(unowned.renders)} renders in the provider's list that no job owns:\n")
        emit_table(RENDER_COLUMNS, [_render_row(render, jobs) for render in unowned.renders[:MOST_SHOWN]])
        _say_more(len(unowned.renders))
    elif unowned.problem is None:
        emit("The provider lists no render that no job owns.")
    if unowned.problem is not None:
        say(f"WARNING: the provider's list was not read to its end: {unowned.problem}")
        say("Look at the provider's page, or ask again: reelwright restored")


def _advise(report: RestoreReport) -> None:
    if report.approvals:
        say(f"{report.approvals} approvals come again from NATS; those of unknown jobs become failed jobs that wait:")
        say("  reelwright jobs --status failed   (then: reelwright approve FILE --job-id JOB)")
    if report.unowned is not None and report.unowned.renders:
        say("A render without a job is another program's on the account, or was paid for a job that goes on or is")
        say("unknown here: look at its page before you retry or approve anything again. A job that needs you takes")
        say("its own: reelwright retry JOB --render-id ID")
    if report.unfinished:
        say("What was rendered since the copy was made, and was announced nowhere, would be rendered again by the jobs")
        say("that have not ended; to stop them: reelwright restored --stop-jobs")
    advise_start(report.unfinished)


def advise_start(unfinished: int) -> None:
    """Say what is to be known before the service starts again."""
    if unfinished:
        say(f"Workers go on with the {unfinished} jobs that have not ended.")
    say("Start: reelwright serve   (check first: reelwright replay --verify)")


def _job_view(job: ForgottenJob) -> Mapping[str, object]:
    lost = job.lost
    return {
        "job_id": job.job_id,
        "status_in_copy": job.status,
        "status": lost.last.status,
        "event": lost.last.event,
        "at": time_text(lost.last.occurred_at, "milliseconds"),
        "attempt": lost.last.attempt,
        "cost": None if lost.cost is None else float(lost.cost),
        "render_id": lost.render_id,
        "outcome": job.outcome.value,
    }


def _job_row(job: ForgottenJob) -> tuple[object, ...]:
    last = job.lost.last
    return (
        job.job_id,
        job.status or "unknown",
        f"{last.status} ({last.event})",
        _moment(last.occurred_at),
        money(job.lost.cost),
        job.lost.render_id or "—",
        WHAT_HAPPENS[job.outcome.value],
    )


def _jobs_by_render(forgotten: ForgottenJobs) -> Mapping[str, str]:
    """Return the jobs of which these renders were announced."""
    return {render_id: job.job_id for job in forgotten.jobs for render_id in job.lost.render_ids}


def _render_view(render: ListedRender, jobs: Mapping[str, str]) -> Mapping[str, object]:
    return {
        "render_id": render.render_id,
        "job_id": jobs.get(render.render_id),
        "model": render.model,
        "created_at": _time(render.created_at),
        "status": render.status,
        "web_url": render.web_url,
    }


def _render_row(render: ListedRender, jobs: Mapping[str, str]) -> tuple[object, ...]:
    return (
        render.render_id,
        jobs.get(render.render_id, "—"),
        "—" if render.created_at is None else _moment(render.created_at),
        render.status,
        render.model or "—",
        render.web_url or "—",
    )


def _say_more(count: int) -> None:
    if count > MOST_SHOWN:
        say(f"… and {count - MOST_SHOWN} more: reelwright restored --json")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _time(at: datetime | None) -> str | None:
    return None if at is None else time_text(at)
