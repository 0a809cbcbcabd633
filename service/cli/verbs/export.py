"""`reelwright export`: an exact copy of the history as JSON Lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from service.cli.files_written import atomic_file
from service.cli.output import say
from service.cli.problems import explained
from service.cli.progress_notes import ProgressNotes
from service.cli.session import JobId, open_database, read_settings, run
from service.settings import Settings


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write to this file, not to stdout."
)
@click.option("--job", "job_ids", type=JobId(), multiple=True, metavar="JOB", help="Only this job; may be repeated.")
def export(*, out: Path | None, job_ids: Sequence[str]) -> None:
    """Write the history as JSON Lines: a header, each event as it is stored, and the chain's last hash.

    Workers may run meanwhile. `reelwright import` takes the whole history, not that of some jobs.
    """
    settings = read_settings()
    with explained("The history was not exported", next_step="reelwright replay --verify"):
        events = run(_export(settings, out, job_ids))
    say(f"{events} events written{f' to {out}' if out else ''}.")


async def _export(settings: Settings, out: Path | None, job_ids: Sequence[str]) -> int:
    from service.wiring.history import export_history  # noqa: PLC0415 - the heavy part

    events, notes = 0, ProgressNotes()
    async with open_database(settings) as stores:
        with atomic_file(out) as file:
            async for part in export_history(stores, job_ids=job_ids):
                file.write(part.lines)
                events = part.events
                notes.say(f"{events} events written")
    return events
