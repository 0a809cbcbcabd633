"""`reelwright archive`: exact copies of the histories of jobs that ended long ago."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from domain.summary import EndedJob
from service.cli.files_written import atomic_file
from service.cli.output import emit_result, json_option
from service.cli.problems import explained
from service.cli.progress_notes import ProgressNotes
from service.cli.session import open_database, read_settings, run
from service.housekeeping.archive import archive_path, is_archived
from service.settings import Settings
from service.wiring.clock import CLOCK

if TYPE_CHECKING:
    from service.wiring.stores import Stores

PAGE_JOBS = 500


@click.command()
@click.option(
    "--older-than", "days", type=click.FloatRange(0, 36500), required=True, metavar="DAYS", help="Since the end."
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="FOLDER", help="Made if missing."
)
@json_option
def archive(*, days: float, out: Path, as_json: bool) -> None:
    """Copy the history of every job that ended DAYS ago or earlier: FOLDER/day/job.jsonl, in the form of an export.

    May be repeated: complete files are not written again. Nothing is removed from the database.
    """
    settings = read_settings()
    with explained("The archive is not complete", next_step="name another folder with --out"):
        copied, skipped = run(_archive(settings, days=days, folder=out))
    view = {"archived": copied, "already_there": skipped, "folder": str(out)}
    emit_result(view, f"{copied} jobs archived to {out}; {skipped} were there already.", as_json=as_json)


async def _archive(settings: Settings, *, days: float, folder: Path) -> tuple[int, int]:
    copied, skipped, notes = 0, 0, ProgressNotes()
    async with open_database(settings) as stores:
        async for job in _ended(stores, before=CLOCK.now() - timedelta(days=days)):
            file = archive_path(folder, job)
            if is_archived(file, job):
                skipped += 1
            else:
                await _copy(stores, job, file)
                copied += 1
            notes.say(f"{copied} jobs archived")
    return copied, skipped


async def _ended(stores: Stores, *, before: datetime) -> AsyncIterator[EndedJob]:
    after = ""
    while page := await stores.ended_jobs.page(before=before, after=after, limit=PAGE_JOBS):
        for job in page:
            yield job
        after = page[-1].job_id


async def _copy(stores: Stores, job: EndedJob, target: Path) -> None:
    from service.wiring.history import export_history  # noqa: PLC0415 - the heavy part

    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(target) as file:
        async for part in export_history(stores, job_ids=[job.job_id]):
            file.write(part.lines)
