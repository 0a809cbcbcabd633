"""A copy of a SQLite database while services write to it. PostgreSQL has its own tools for that."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from adapters.disk import disk_failure, flush
from adapters.sql.database import Database
from adapters.sql.sqlite import SqliteEngine
from domain.errors import Refused, Unavailable

BUSY_SECONDS = 10.0


async def backup(database: Database, target: Path) -> int:
    """Write a consistent copy to `target`, whole or not at all; return its last position.

    Writers do not wait. Raises Refused for PostgreSQL and for a target that exists, Unavailable.
    """
    if not isinstance(database.engine, SqliteEngine):
        raise Refused("the database is PostgreSQL, which is copied by its own tools, such as pg_dump")
    source = await database.read(_file)
    try:
        return await asyncio.to_thread(_copy, source, target)
    except sqlite3.Error as error:
        raise Unavailable(f"the copy was not made: {error}") from error
    except OSError as error:
        raise disk_failure(error, place="the copy") from error


def _file(connection: sa.Connection) -> Path:
    return Path(connection.exec_driver_sql("PRAGMA database_list").one()[2])


def _copy(source: Path, target: Path) -> int:
    if target.exists():
        raise Refused(f"{target} exists already")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(source, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        position = _check(part)
        flush(part)
        os.link(part, target)  # a rename would replace a file that came meanwhile
        flush(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return position


def _check(part: Path) -> int:
    with closing(sqlite3.connect(part)) as connection:
        (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise Refused(f"the copy is damaged: {state}")
        return int(connection.execute("SELECT position FROM log_head WHERE id = 1").fetchone()[0])
