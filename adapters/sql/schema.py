"""Make the schema, bring it up to date, and check that it is what this program needs."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.migrations.guards import TRIGGERS
from domain.errors import Refused

MIGRATIONS = Path(__file__).with_name("migrations")
REVISIONS = tuple(sorted(file.name[:4] for file in MIGRATIONS.glob("versions/[0-9]*.py")))
"""Every revision that this program knows, the newest last: the file of a migration begins with it."""

MIGRATION_LOCK = 0x5245454C
"""The number of the advisory lock: the letters REEL."""


async def migrate(database: Database) -> str:
    """Make or upgrade the schema and return its version. May be repeated, and called by many processes at once.

    Raises Refused when the database was made by a newer program, Unavailable.
    """
    return await database.write(_upgrade)


async def check(database: Database) -> None:
    """Raise Refused, with the command to run, unless the schema is current and its triggers are there; Unavailable."""
    await database.read(_check)


def _upgrade(connection: sa.Connection) -> str:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    stored = _stored(connection)
    newest = _newest(stored)
    if stored != newest:
        _run_migrations(connection, newest)
    return newest


def _run_migrations(connection: sa.Connection, newest: str) -> None:
    from alembic import command  # noqa: PLC0415 - it costs every worker 8 MB and is needed once a version
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, newest)


def _check(connection: sa.Connection) -> None:
    found = _stored(connection)
    newest = _newest(found)
    if found != newest:
        state = "has no tables yet" if found is None else f"has schema {found}, this program needs {newest}"
        raise Refused(f"the database {state}: run `reelwright migrate`")
    missing = TRIGGERS[connection.dialect.name] - _triggers(connection)
    if missing:
        names = ", ".join(sorted(missing))
        raise Refused(
            f"the events table is not guarded against changes: {names} missing or disabled. "
            "Somebody may have changed history: run `reelwright replay --verify`, then restore the triggers"
        )


def _newest(found: str | None) -> str:
    """Return the schema that this program needs. Raises Refused for a database of a newer program."""
    if found is not None and found not in REVISIONS:
        raise Refused(f"the database has schema {found}, made by a newer program: update reelwright")
    if not REVISIONS:
        raise Refused("this installation has no migrations: install reelwright again")
    return REVISIONS[-1]


def _stored(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _triggers(connection: sa.Connection) -> set[str]:
    """The triggers on `events` that fire in every session."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'events'::regclass AND tgenabled = 'A'"
    return set(connection.execute(sa.text(query)).scalars())
