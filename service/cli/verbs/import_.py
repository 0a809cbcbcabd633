"""`reelwright import`: loads an exported history into an empty database."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from service.cli.output import emit, emit_json, json_option, say
from service.cli.problems import CliError, ExitCode, explained, unreadable_file
from service.cli.progress_notes import ProgressNotes
from service.cli.restore_report import advise_start, emit_report, report_view
from service.cli.restore_session import open_bus_alone, refuse_beside_original
from service.cli.session import read_settings, run
from service.settings import Settings
from service.wiring.clock import CLOCK

if TYPE_CHECKING:
    from datetime import datetime

    from service.housekeeping.forgotten import RestoreReport
    from service.wiring.history import LoadedHistory
    from service.wiring.stores import Stores

WORDS = "--moved   (it was stopped before the export, for good) or --restored   (it is lost)"


@click.command()
@click.argument("source", metavar="FILE|-")
@click.option("--moved", is_flag=True, help="The original was stopped before the export and does not run again.")
@click.option("--restored", is_flag=True, help="The original is lost; do what `reelwright restored` does, too.")
@json_option
def import_(*, source: str, moved: bool, restored: bool, as_json: bool) -> None:
    """Load a whole history into an EMPTY database (`-`: stdin): all of it, or nothing.

    The hash chain is checked while it loads; lists, leases and renders are made from the events.

    Two installations must never work on the same jobs. Say what became of the original, --moved or --restored: without
    a word, a history with jobs that have not ended is refused, and so is any beside a service that runs.
    Unless --moved, approvals that are older than this moment and whose job is unknown wait for a person.
    """
    if moved and restored:
        raise click.UsageError("--moved and --restored exclude each other: either nothing was lost, or something was.")
    settings = read_settings()
    with _opened(source) as file:
        loaded, unfinished, report = run(_restore(settings, file) if restored else _import(settings, file, moved=moved))
    if as_json:
        facts = {"events": loaded.events, "jobs": loaded.jobs, "hash": loaded.hash, "unfinished": unfinished}
        found = None if report is None else report_view(report)
        emit_json({**facts, "moved": moved, "restored": found})
        return
    emit(f"{loaded.events} events of {loaded.jobs} jobs are imported; the chain ends with {loaded.hash}.")
    say("Videos are files: copy the folder `videos` of the data directory, too.")
    if report is not None:
        emit_report(report)
        return
    if not moved:
        say("Approvals that are older than this and whose job is unknown will be refused jobs:")
        say("  reelwright jobs --status failed")
        say("Where the original is lost, find what came after the export: reelwright restored")
    advise_start(unfinished)


async def _import(settings: Settings, file: BinaryIO, *, moved: bool) -> tuple[LoadedHistory, int, None]:
    if not moved:
        await refuse_beside_original(
            settings, again=f"reelwright import FILE, or say what became of the original: {WORDS}"
        )
    restored_at = None if moved else CLOCK.now()
    async with _new_database(settings) as stores:
        loaded = await _load(stores, file, restored_at=restored_at, takes_over=moved)
        return loaded, await stores.restores.unfinished(), None


async def _restore(settings: Settings, file: BinaryIO) -> tuple[LoadedHistory, int, RestoreReport]:
    """NATS comes first: where it is away, nothing is imported."""
    from service.wiring.restoring import make_restoring  # noqa: PLC0415 - the heavy part

    again = "reelwright import FILE --restored"
    async with open_bus_alone(settings, again=again) as link, _new_database(settings) as stores:
        at = CLOCK.now()
        loaded = await _load(stores, file, restored_at=at, takes_over=True)
        await stores.events.start()
        with explained("The history is imported, but the restore is not complete", next_step="reelwright restored"):
            async with make_restoring(settings, stores, link, progress=ProgressNotes().say) as restoring:
                report = await restoring.restore(at, how="import", stop_jobs=False)
        return loaded, report.unfinished, report


async def _load(stores: Stores, file: BinaryIO, *, restored_at: datetime | None, takes_over: bool) -> LoadedHistory:
    from service.wiring.history import UnfinishedHistory, load_history  # noqa: PLC0415 - the heavy part

    advice = "export again, or import into another database: set REELWRIGHT_DATABASE_URL or REELWRIGHT_DATA_DIR"
    progress = ProgressNotes().say
    with explained("Nothing was imported", next_step=advice):
        try:
            return await load_history(stores, file, restored_at=restored_at, takes_over=takes_over, progress=progress)
        except UnfinishedHistory as error:
            raise _unfinished(str(error)) from error


def _unfinished(why: str) -> CliError:
    return CliError(
        "Nothing was imported: two installations must not work on the same jobs",
        why=f"{why}; where it comes from, somebody may still work on them",
        next_step=f"say what became of the original: reelwright import FILE {WORDS}",
        exit_code=ExitCode.CONFLICT,
    )


@asynccontextmanager
async def _new_database(settings: Settings) -> AsyncIterator[Stores]:
    from service.wiring.stores import make_stores  # noqa: PLC0415 - the heavy part

    stores = make_stores(settings)
    try:
        yield stores
    finally:
        await stores.close()


@contextmanager
def _opened(source: str) -> Iterator[BinaryIO]:
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115 - closed below; only an error of `open` is one of the file
    except OSError as error:
        raise unreadable_file(source, error) from error
    with file:
        yield file
