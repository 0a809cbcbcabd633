"""Make the schema, bring it up to date, and check that it is what this program needs."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from adapters.sql.database import Database
from adapters.sql.migrations.guards import TRIGGERS
from domain.errors import Refused

MIGRATION_LOCK = 0x5245454C
"""Any number that no other program takes for its advisory lock: here the letters REEL."""


async def migrate(database: Database) -> str:
    """Make or upgrade the schema and return its version. May be repeated, and called by many processes at once.

    Raises Refused when the database was made by a newer program, Unavailable.
    """
    return await database.write(_upgrade)


async def check(database: Database) -> None:
    """Raise Refused, with what to type next, unless the schema is current and guarded; Unavailable."""
    await database.read(_check)


def _upgrade(connection: sa.Connection) -> str:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    config = _config()
    newest = _newest(config, connection)
    config.attributes["connection"] = connection
    command.upgrade(config, newest)
    return newest


def _check(connection: sa.Connection) -> None:
    found, newest = _stored(connection), _newest(_config(), connection)
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


def _newest(config: Config, connection: sa.Connection) -> str:
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    found = _stored(connection)
    if found is not None and found not in known:
        raise Refused(f"the database has schema {found}, made by a newer program: update reelwright")
    newest = scripts.get_current_head()
    if newest is None:
        raise Refused("this installation has no migrations: install reelwright again")
    return newest


def _stored(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _triggers(connection: sa.Connection) -> set[str]:
    """Names of the triggers on `events` that fire for everybody."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'events'::regclass AND tgenabled = 'A'"
    return set(connection.execute(sa.text(query)).scalars())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
