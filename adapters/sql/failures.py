"""Errors of the drivers, translated into errors of the domain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import sqlalchemy as sa

from domain.errors import ReelwrightError, Refused, Unavailable

# The internal error comes when a connection is cut between two messages.
_DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_REJECTED_STATES = ("22", "23")
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
    "SQLITE_PROTOCOL": "SQLite could not get its file locks",
    "SQLITE_NOMEM": "SQLite is out of memory",
    "SQLITE_INTERRUPT": "SQLite was interrupted",
}
_SQLITE_DAMAGED = {
    "SQLITE_CORRUPT": "the database file is damaged: restore it from a backup",
    "SQLITE_NOTADB": "the database file is not a SQLite database: look at REELWRIGHT_DATABASE_URL",
}


class ConnectionLost(Unavailable):
    """The connection is lost; the transaction may have been committed or not."""


class Rejected(Refused):
    """The database rejects these rows: a unique key, a trigger, or a value that it cannot store."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn driver errors into ConnectionLost, Unavailable, Rejected or Refused; a bug passes unchanged."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        if (failure := _failure(error)) is None:
            raise
        raise failure from error
    except sa.exc.TimeoutError as error:
        raise Unavailable("all database connections are in use") from error
    except _DRIVER_ERRORS as error:
        if (failure := _postgres_failure(error)) is None:
            raise
        raise failure from error
    except OSError as error:
        raise ConnectionLost(f"the database cannot be reached: {error or type(error).__name__}") from error


def _failure(error: sa.exc.DBAPIError) -> ReelwrightError | None:
    origin = error.orig
    sqlite_name = getattr(origin, "sqlite_errorname", None)
    if sqlite_name is not None:
        return _sqlite_failure(sqlite_name, error)
    cause = origin.__cause__ if origin is not None else None
    if isinstance(cause, _DRIVER_ERRORS):
        return _postgres_failure(cause)
    return ConnectionLost(f"PostgreSQL: {origin}") if error.connection_invalidated else None


def _sqlite_failure(name: str, error: sa.exc.DBAPIError) -> ReelwrightError | None:
    text = str(error.orig).partition("\n")[0]
    if isinstance(error, sa.exc.IntegrityError | sa.exc.DataError):
        return Rejected(f"the database refused the rows: {text}")
    if name.startswith("SQLITE_IOERR"):
        return ConnectionLost(f"the disk that holds the database failed: {text}")
    kind = "_".join(name.split("_")[:2])
    if kind in _SQLITE_REASONS:
        return Unavailable(_SQLITE_REASONS[kind])
    if kind in _SQLITE_DAMAGED:
        return Refused(_SQLITE_DAMAGED[kind])
    return Refused(_NO_TABLES) if "no such table" in text else None


def _postgres_failure(error: BaseException) -> ReelwrightError | None:
    """Without an SQLSTATE it is from the driver: a value that it cannot encode, or a lost connection."""
    text = str(error).partition("\n")[0]
    state = getattr(error, "sqlstate", None)
    if state is None:
        return Rejected(text) if isinstance(error, ValueError) else ConnectionLost(f"PostgreSQL: {text}")
    if state.startswith(_REJECTED_STATES):
        return Rejected(f"the database refused the rows: {text}")
    if state.startswith(_LOST_STATES):
        return ConnectionLost(f"PostgreSQL: {text}")
    if state == _MISSING_TABLE:
        return Refused(_NO_TABLES)
    return Unavailable(f"PostgreSQL: {text}") if state.startswith(_BUSY_STATES) else None
