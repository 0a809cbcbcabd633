"""`reelwright restored`: records that the database was restored from a copy, which newer events are not in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from service.cli.output import emit, emit_json, json_option, say
from service.cli.session import open_database, read_settings, run
from service.settings import Settings
from service.wiring.clock import CLOCK

if TYPE_CHECKING:
    from service.wiring.stores import Stores

PAGE_JOBS = 200
REASON = "Restored from a copy: it may have been rendered since, a retry renders it again"


@click.command()
@click.option("--stop-jobs", is_flag=True, help="End the jobs that had not ended in the copy; a person can retry them.")
@json_option
def restored(*, stop_jobs: bool, as_json: bool) -> None:
    """Record that the database was restored from a copy. Call it before the first `reelwright serve`.

    Approvals that are older than this moment and whose job is unknown become refused jobs and wait for a new
    approval: they may have been rendered, and paid, after the copy was made.
    """
    settings = read_settings()
    at, position, stopped, unfinished = run(_restored(settings, stop_jobs=stop_jobs))
    if as_json:
        emit_json({"restored_at": at, "position": position, "stopped": stopped, "unfinished": unfinished})
        return
    emit(f"The database was restored at {at:%Y-%m-%dT%H:%M:%SZ}, with {position} events; {stopped} jobs were stopped.")
    advise(unfinished, refuses_older=True)


def advise(unfinished: int, *, refuses_older: bool) -> None:
    """Print what to do before and after the service starts again."""
    if unfinished:
        say(f"{unfinished} jobs have not ended: workers go on with them. What was rendered since the copy was made")
        say("would be rendered again; to stop them first: reelwright restored --stop-jobs")
    say("Start: reelwright serve   (check first: reelwright replay --verify)")
    if refuses_older:
        say("Older approvals of unknown jobs will be refused jobs: reelwright jobs --status failed")


async def _restored(settings: Settings, *, stop_jobs: bool) -> tuple[datetime, int, int, int]:
    async with open_database(settings) as stores:
        at = CLOCK.now()
        position = await stores.restores.mark(at, how="restored")
        stopped = await _stop_jobs(settings, stores) if stop_jobs else 0
        return at, position, stopped, await stores.restores.unfinished()


async def _stop_jobs(settings: Settings, stores: Stores) -> int:
    """End every job that has not ended and return how many; their open renders are cancelled and settled later."""
    from service.wiring.operations import make_operations  # noqa: PLC0415 - the heavy part

    await stores.events.start()
    operations, stopped = make_operations(settings, stores), 0
    while job_ids := await stores.restores.unfinished_ids(limit=PAGE_JOBS):
        for job_id in job_ids:
            await operations.stop(job_id, reason=REASON)
        stopped += len(job_ids)
    return stopped
