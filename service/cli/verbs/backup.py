"""`reelwright backup`: a copy of the SQLite database while services use it."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.output import emit_result, json_option
from service.cli.problems import CliError, ExitCode, explained
from service.cli.reading import still_at_work
from service.cli.session import open_database, read_settings, run
from service.formats import size
from service.settings import Settings


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def backup(*, target: Path, as_json: bool) -> None:
    """Copy the SQLite database as it is at one moment to FILE, completely or not at all. Services go on meanwhile.

    Videos are files of their own: copy the folder `videos` of the data directory after this.
    """
    settings = read_settings()
    if not settings.database.startswith("sqlite"):
        raise CliError(
            "PostgreSQL is copied with its own tools",
            why="this verb copies SQLite only",
            next_step=f'pg_dump --format=custom --file={target} "$REELWRIGHT_DATABASE_URL"',
            exit_code=ExitCode.CONFIGURATION,
        )
    with explained("The database was not copied", next_step="name a file that is not there yet"):
        position = run(_backup(settings, target))
    size_bytes = target.stat().st_size
    view = {"file": str(target), "position": position, "size_bytes": size_bytes}
    emit_result(view, f"{target} holds {position} events, {size(size_bytes)}.", as_json=as_json)


async def _backup(settings: Settings, target: Path) -> int:
    from service.wiring.history import back_up  # noqa: PLC0415 - the heavy part

    async with open_database(settings) as stores, still_at_work("copying"):
        return await back_up(stores, target)
