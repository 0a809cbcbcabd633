"""SQLite behind `Database`: one thread writes over one connection, a few threads read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection

from adapters.sql.failures import ConnectionLost, translated
from domain.errors import Unavailable

T = TypeVar("T")

READERS = 4
BUSY_SECONDS = 5.0
WAL_LIMIT_BYTES = 64 * 1024 * 1024
CHECKPOINT_PAGES = 4000
"""Four times the default: a batch changes many pages, and the next ones change them again."""


class SqliteEngine:
    """All writes of the process go through one thread: SQLite has one writer, and a queue here is cheapest.

    Reads have threads of their own: they do not wait for long work in the default executor.
    """

    def __init__(self, path: Path) -> None:
        self.name = f"SQLite {path}"
        self._path = path
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            pool_size=READERS + 1,
            max_overflow=0,
            connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        )
        sa.event.listen(self._engine, "connect", _configure)
        sa.event.listen(self._engine, "begin", _begin)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._write_connection: sa.Connection | None = None
        self._is_flushing = True

    async def read(self, work: Callable[[sa.Connection], T], *, snapshot: bool) -> T:
        """Run `work` in a reader thread; every read transaction of SQLite is a snapshot."""
        del snapshot
        return await self._run_in(self._readers, lambda: self._read(work))

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in the writer thread in one transaction that is flushed to the disk."""
        return await self._run_in(self._writer, lambda: self._write(work, flush=True))

    async def touch(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in the writer thread in one transaction that the next flush makes durable."""
        return await self._run_in(self._writer, lambda: self._write(work, flush=False))

    async def close(self) -> None:
        """Wait for running work and close every connection."""
        await asyncio.to_thread(self._writer.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        self._drop_write_connection()
        self._engine.dispose()

    async def _run_in(self, threads: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        try:
            result = asyncio.get_running_loop().run_in_executor(threads, call)
        except RuntimeError as error:
            raise Unavailable("the database is closed") from error
        return await result

    def _read(self, work: Callable[[sa.Connection], T]) -> T:
        with translated():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._engine.connect() as connection:
                return work(connection)

    def _write(self, work: Callable[[sa.Connection], T], *, flush: bool) -> T:
        try:
            with translated():
                connection = self._open_write_connection()
                self._set_flushing(connection, flush)
                with connection.begin():
                    return work(connection)
        except ConnectionLost:
            self._drop_write_connection()
            raise

    def _open_write_connection(self) -> sa.Connection:
        if self._write_connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._write_connection = self._engine.connect().execution_options(writes=True)
            self._is_flushing = True
        return self._write_connection

    def _drop_write_connection(self) -> None:
        if self._write_connection is not None:
            self._write_connection.invalidate()
            self._write_connection.close()
            self._write_connection = None

    def _set_flushing(self, connection: sa.Connection, flush: bool) -> None:
        if flush is not self._is_flushing:
            _pragma(connection.connection.dbapi_connection, "synchronous", "FULL" if flush else "NORMAL")
            self._is_flushing = flush


def _configure(driver: DBAPIConnection, _record: object) -> None:
    """`isolation_level = None` leaves BEGIN to `_begin`: the driver's own comes too late and takes no lock."""
    driver.isolation_level = None
    if _pragma(driver, "journal_mode") != "wal":
        _pragma(driver, "journal_mode", "WAL")
    for name, value in (
        ("synchronous", "FULL"),
        ("fullfsync", "ON"),
        ("foreign_keys", "ON"),
        ("recursive_triggers", "ON"),
        ("journal_size_limit", WAL_LIMIT_BYTES),
        ("wal_autocheckpoint", CHECKPOINT_PAGES),
    ):
        _pragma(driver, name, value)


def _pragma(driver: DBAPIConnection | None, name: str, value: object = None) -> object:
    assert driver is not None  # noqa: S101 - a checked-out connection has one
    cursor = driver.cursor()
    cursor.execute(f"PRAGMA {name}" if value is None else f"PRAGMA {name}={value}")
    row = cursor.fetchone()
    cursor.close()
    return row[0] if row else None


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
