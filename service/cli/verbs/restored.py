"""`reelwright restored`: what follows after the database was restored from a copy, which newer events are not in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.output import emit_json, json_option
from service.cli.problems import explained
from service.cli.progress_notes import ProgressNotes
from service.cli.restore_report import emit_report, report_view
from service.cli.restore_session import open_bus_alone
from service.cli.session import open_database, read_settings, run
from service.settings import Settings
from service.wiring.clock import CLOCK

if TYPE_CHECKING:
    from service.housekeeping.forgotten import RestoreReport


@click.command()
@click.option("--stop-jobs", is_flag=True, help="End all jobs that had not ended in the copy; a person can retry them.")
@json_option
def restored(*, stop_jobs: bool, as_json: bool) -> None:
    """Say that the database was restored from a copy: before the first `reelwright serve`, with every service stopped.

    Approvals come again from NATS; those that are older than this moment and whose job is unknown become refused
    jobs and wait for a new approval. Jobs of which more was announced than the copy knows are named, and stopped
    where a worker would pay for them again. With a paid renderer, its list is asked for renders that no job owns.

    May be repeated, also after an error.
    """
    settings = read_settings()
    report = run(_restored(settings, stop_jobs=stop_jobs))
    if as_json:
        emit_json(report_view(report))
    else:
        emit_report(report)


async def _restored(settings: Settings, *, stop_jobs: bool) -> RestoreReport:
    from service.wiring.restoring import make_restoring  # noqa: PLC0415 - the heavy part

    async with open_database(settings) as stores, open_bus_alone(settings, again="reelwright restored") as link:
        await stores.events.start()
        with explained("The restore is not complete", next_step="reelwright restored   (it may be repeated)"):
            async with make_restoring(settings, stores, link, progress=ProgressNotes().say) as restoring:
                return await restoring.restore(CLOCK.now(), how="restored", stop_jobs=stop_jobs)
