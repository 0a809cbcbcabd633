"""What went wrong in a driver, said in the domain's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import sqlalchemy as sa

from domain.errors import ReelwrightError, Refused, Unavailable

_LOST_STATES = ("08", "57P")
_BUSY_STATES = ("25", "28", "3D", "40", "53", "55", "57", "58", "XX")
_MISSING_TABLE = "42P01"
_NO_TABLES = "the database has no tables yet: run `reelwright migrate`"
_SQLITE_REASONS = {
    "SQLITE_BUSY": "SQLite is locked by another process",
    "SQLITE_LOCKED": "SQLite is locked by another process",
    "SQLITE_FULL": "the disk that holds the database is full",
    "SQLITE_READONLY": "the database file cannot be written",
    "SQLITE_CANTOPEN": "the database file cannot be opened",
    "SQLITE_CORRUPT": "the database file is damaged",
    "SQLITE_NOTADB": "the database file is not a SQLite database",
    "SQLITE_PROTOCOL": "SQLite could not get its file locks",
    "SQLITE_NOMEM": "SQLite is out of memory",
    "SQLITE_INTERRUPT": "SQLite was interrupted",
}


class ConnectionLost(Unavailable):
    """The connection is of no use any more, and what was under way may have been committed or not."""


class Rejected(Refused):
    """The database does not take these rows: a unique key, a trigger or a value it cannot hold."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn driver errors into ConnectionLost, Unavailable, Rejected or Refused; a bug passes as it is."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        failure = _failure(error)
        if failure is None:
            raise
        raise failure from error
    except sa.exc.TimeoutError as error:
        raise Unavailable("all database connections are in use") from error
    except asyncpg.InterfaceError as error:
        raise ConnectionLost(f"PostgreSQL: {error}") from error
    except OSError as error:
        raise ConnectionLost(f"the database cannot be reached: {error or type(error).__name__}") from error


def _failure(error: sa.exc.DBAPIError) -> ReelwrightError | None:
    origin = error.orig
    if isinstance(error, sa.exc.IntegrityError | sa.exc.DataError) or isinstance(_cause(origin), ValueError):
        return Rejected(f"the database refused the rows: {_first_line(origin)}")
    sqlite_name = getattr(origin, "sqlite_errorname", None)
    if sqlite_name is not None:
        return _sqlite_failure(sqlite_name, origin)
    return _postgres_failure(error, getattr(origin, "sqlstate", None) or "")


def _sqlite_failure(name: str, origin: BaseException | None) -> ReelwrightError | None:
    if name.startswith("SQLITE_IOERR"):
        return ConnectionLost(f"the disk that holds the database failed: {_first_line(origin)}")
    kind = "_".join(name.split("_")[:2])
    if kind in _SQLITE_REASONS:
        return Unavailable(_SQLITE_REASONS[kind])
    return Refused(_NO_TABLES) if "no such table" in str(origin) else None


def _postgres_failure(error: sa.exc.DBAPIError, state: str) -> ReelwrightError | None:
    text = f"PostgreSQL: {_first_line(error.orig)}"
    if error.connection_invalidated or isinstance(error, sa.exc.InterfaceError) or state.startswith(_LOST_STATES):
        return ConnectionLost(text)
    if state == _MISSING_TABLE:
        return Refused(_NO_TABLES)
    return Unavailable(text) if state.startswith(_BUSY_STATES) else None


def _cause(origin: BaseException | None) -> BaseException | None:
    """The driver's own error below SQLAlchemy's; asyncpg says with a ValueError that it cannot encode a value."""
    return origin.__cause__ if origin is not None else None


def _first_line(origin: BaseException | None) -> str:
    return str(origin).partition("\n")[0]
