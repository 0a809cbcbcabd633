"""PostgreSQL behind `Database`: a pool for reads and short transactions; the log opens a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.sql.failures import ConnectionLost, translated

T = TypeVar("T")

POOL_SIZE = 5
POOL_OVERFLOW = 10
POOL_WAIT_SECONDS = 10.0
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 60.0
IDLE_TRANSACTION_SECONDS = 30
_LIBPQ_ONLY = {"connect_timeout", "channel_binding", "gssencmode", "sslcompression", "requirepeer"}


class PostgresEngine:
    """Runs the synchronous functions over asyncpg: SQLAlchemy puts them into a greenlet."""

    def __init__(self, url: str) -> None:
        dsn = driver_url(url)
        address = urlsplit(dsn)
        self.name = f"PostgreSQL {address.hostname or 'localhost'}{address.path}"
        self.connect = partial(asyncpg.connect, dsn, timeout=CONNECT_SECONDS, command_timeout=STATEMENT_SECONDS)
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self.connect,
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=POOL_WAIT_SECONDS,
            json_deserializer=str,  # JSON stays text: it is hashed
        )
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._snapshot = self._engine.execution_options(isolation_level="REPEATABLE READ")

    async def read(self, work: Callable[[sa.Connection], T], *, snapshot: bool) -> T:
        """Run `work` on a pooled connection; once more where that one was dead, as after a restart."""
        engine = self._snapshot if snapshot else self._autocommit
        try:
            return await self._run(engine, work)
        except ConnectionLost:
            return await self._run(engine, work)

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in one transaction."""
        with translated():
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    async def touch(self, work: Callable[[sa.Connection], T]) -> T:
        """Run the one statement of `work`; its transaction ends on the server even if this process is stopped."""
        return await self._run(self._autocommit, work)

    async def close(self) -> None:
        """Close every pooled connection."""
        await self._engine.dispose()

    async def _run(self, engine: AsyncEngine, work: Callable[[sa.Connection], T]) -> T:
        with translated():
            async with engine.connect() as connection:
                return await connection.run_sync(work)


def driver_url(url: str) -> str:
    """Return the address as asyncpg reads it: sslmode and similar names it knows, others are server settings.

    Settings that only libpq has are left out. The server ends an idle transaction, so that a stopped process does not
    block the others.
    """
    parts = urlsplit(url)
    settings = {
        "application_name": "reelwright",
        "idle_in_transaction_session_timeout": f"{IDLE_TRANSACTION_SECONDS}s",
        **dict(parse_qsl(parts.query)),
    }
    kept = {
        name: value
        for name, value in settings.items()
        if name not in _LIBPQ_ONLY and not name.startswith(("keepalives", "tcp_user_timeout"))
    }
    return urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(kept), ""))
