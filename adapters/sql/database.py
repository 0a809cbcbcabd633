"""The only way to the database: it runs synchronous functions of a connection, on both dialects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from adapters.sql.postgres import PostgresEngine
from adapters.sql.sqlite import SqliteEngine
from domain.errors import Refused

T = TypeVar("T")

FILE_NAME = "reelwright.db"


class Database:
    """SQLite or PostgreSQL. Connects at the first use.

    Every method raises Unavailable when the database is away, busy or full, Refused when it has no tables.
    """

    def __init__(self, url: str | None = None, *, data_dir: Path = Path("DATA")) -> None:
        self.engine = _engine(url, data_dir)

    @property
    def name(self) -> str:
        """Kind and address, without a password."""
        return self.engine.name

    async def read(self, work: Callable[[sa.Connection], T], *, snapshot: bool = False) -> T:
        """Run `work`, which must not write; with `snapshot` all its statements see the same state."""
        return await self.engine.read(work, snapshot=snapshot)

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in one transaction, durable when this returns."""
        return await self.engine.write(work)

    async def touch(self, work: Callable[[sa.Connection], T]) -> T:
        """Run the one statement of `work`, which may be lost in a power cut of this machine."""
        return await self.engine.touch(work)

    async def close(self) -> None:
        """Wait for running work and close every connection; nothing can be run afterwards."""
        await self.engine.close()


def _engine(url: str | None, data_dir: Path) -> SqliteEngine | PostgresEngine:
    if url is None:
        return SqliteEngine(data_dir / FILE_NAME)
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme in {"postgresql", "postgres"}:
        return PostgresEngine(url)
    if scheme != "sqlite":
        raise Refused(f"a database address begins with postgresql:// or sqlite:///, not with {scheme}:")
    path = make_url(url).database
    if not path or path == ":memory:":
        raise Refused("SQLite needs a file: sqlite:///path/to/reelwright.db")
    return SqliteEngine(Path(path))
