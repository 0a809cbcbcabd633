"""`reelwright watch`: follows a job until it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from domain.job import Job
from domain.machine import Status
from service.cli.following import follow
from service.cli.output import emit, emit_facts, emit_json, json_option, say
from service.cli.problems import CliError
from service.cli.progress import progress_display
from service.cli.session import job_argument, open_database, read_settings, run
from service.cli.verbs.show import cost_text, video_facts
from service.jobs.history import JobHistory
from service.jobs.views import summary_view
from service.process.address import read_address
from service.settings import Settings
from service.wiring.clock import CLOCK

if TYPE_CHECKING:
    from service.wiring.stores import Stores

STILL_SECONDS = 3.0


@click.command()
@job_argument
@json_option
def watch(*, job_id: str, as_json: bool) -> None:
    """Follow a job until it ends; exit 1 if it failed or was cancelled."""
    settings = read_settings()
    run(_watch(settings, job_id, as_json=as_json))


async def _watch(settings: Settings, job_id: str, *, as_json: bool) -> None:
    async with open_database(settings) as stores:
        await watch_to_end(settings, stores, job_id, as_json=as_json)


async def watch_to_end(settings: Settings, stores: Stores, job_id: str, *, as_json: bool) -> None:
    """Show the progress of the job, and at its end where the video is and what it cost.

    As JSON it is one line after each change. Raises CliError for a job that ends without a video.
    """
    if as_json:
        async for history in follow(stores, job_id):
            if history is not None:
                emit_json(summary_view(history.summary))
                check_end(history.job)
        return
    job = (await show_progress(settings, stores, job_id)).job
    check_end(job)
    if job.completed is not None:
        emit(f"Job {job_id} is completed.")
        emit_facts({**video_facts(settings, job, job.completed), "cost": cost_text(job)})


async def show_progress(settings: Settings, stores: Stores, job_id: str) -> JobHistory:
    """Show the progress of the job until it has ended, and return it."""
    changed_at, warned = CLOCK.monotonic(), False
    with progress_display() as display:
        async for history in follow(stores, job_id):
            if history is not None:
                display(history.job)
                changed_at = CLOCK.monotonic()
                if history.job.is_final:
                    return history
            elif not warned and CLOCK.monotonic() - changed_at > STILL_SECONDS and not _service_may_run(settings):
                say("Nothing moves, and no service runs on this data directory: reelwright serve")
                warned = True
    raise AssertionError("a job is followed until it has ended")


def check_end(job: Job) -> None:
    """Raise CliError for a job that ended without a video."""
    if job.status is Status.FAILED:
        next_step = "approve it again" if job.last_event == "StoryboardRefused" else f"reelwright retry {job.job_id}"
        raise CliError(f"Job {job.job_id} failed", why=job.error or job.message, next_step=next_step)
    if job.status is Status.CANCELLED:
        raise CliError(f"Job {job.job_id} was cancelled", why=job.message, next_step=f"reelwright show {job.job_id}")


def _service_may_run(settings: Settings) -> bool:
    """Return whether a service can be running: beside a database server it may run on another machine."""
    return settings.database_url is not None or read_address(settings) is not None
