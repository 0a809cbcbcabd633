"""`reelwright import`: loads an exported history into an empty database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from service.cli.output import emit, emit_json, json_option, say
from service.cli.problems import explained, unreadable_file
from service.cli.progress_notes import ProgressNotes
from service.cli.session import read_settings, run
from service.cli.verbs.restored import advise
from service.settings import Settings

if TYPE_CHECKING:
    from service.wiring.history import LoadedHistory


@click.command()
@click.argument("source", metavar="FILE|-")
@click.option("--moved", is_flag=True, help="No service ran since the export: take waiting approvals as usual.")
@json_option
def import_(*, source: str, moved: bool, as_json: bool) -> None:
    """Load a whole history into an EMPTY database (`-`: stdin): all of it, or nothing.

    The hash chain is checked while it loads; lists, leases and renders are made from the events.
    Unless --moved, approvals that are older than this moment and whose job is unknown wait for a person.
    """
    settings = read_settings()
    with _opened(source) as file:
        loaded, unfinished = run(_import(settings, file, moved=moved))
    if as_json:
        facts = {"events": loaded.events, "jobs": loaded.jobs, "hash": loaded.hash, "unfinished": unfinished}
        emit_json({**facts, "moved": moved})
        return
    emit(f"{loaded.events} events of {loaded.jobs} jobs are imported; the chain ends with {loaded.hash}.")
    say("Videos are files: copy the folder `videos` of the data directory, too.")
    advise(unfinished, refuses_older=not moved)


async def _import(settings: Settings, file: BinaryIO, *, moved: bool) -> tuple[LoadedHistory, int]:
    from service.wiring.history import load_history  # noqa: PLC0415 - the heavy part
    from service.wiring.stores import make_stores  # noqa: PLC0415 - the heavy part

    stores = make_stores(settings)
    try:
        advice = "export again, or import into another database: set REELWRIGHT_DATABASE_URL or REELWRIGHT_DATA_DIR"
        with explained("Nothing was imported", next_step=advice):
            loaded = await load_history(stores, file, moved=moved, progress=ProgressNotes().say)
        return loaded, await stores.restores.unfinished()
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
