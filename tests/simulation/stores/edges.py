"""What intake and the HTTP front end keep, in memory: restores and idempotency keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.sql.work.idempotency import Remembered
from domain.machine import FINAL
from tests.simulation.stores.database import MemoryDatabase
from tests.simulation.stores.tables import MemoryTables


class MemoryRestores:
    """When the database was restored from a copy. Every method raises Unavailable."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def last(self) -> datetime | None:
        """Return when the database was last restored, None when it never was."""
        return await self._database.run("restored", lambda tables: max(tables.restores, default=None))

    async def mark(self, at: datetime, *, how: str) -> int:
        """Remember that it was restored at `at`; return the position of its last event. May be repeated."""

        def write(tables: MemoryTables) -> int:
            position = len(tables.events)
            tables.restores.setdefault(at, position)
            return position

        return await self._database.run("mark_restored", write)

    async def unfinished(self) -> int:
        """Return how many jobs have not ended."""
        return len(await self._database.run("unfinished", _unfinished))

    async def unfinished_ids(self, *, limit: int) -> Sequence[str]:
        """Return up to `limit` of these jobs, oldest first."""
        return (await self._database.run("unfinished", _unfinished))[:limit]


def _unfinished(tables: MemoryTables) -> Sequence[str]:
    return [job_id for job_id, row in tables.jobs.items() if row["status"] not in FINAL]


class MemoryIdempotencyKeys:
    """The first request of each key. Every method raises Unavailable."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def remember(self, key: str, request: Remembered, *, at: datetime) -> Remembered:
        """Store the request under the key, unless the key is used already; return the first request of the key."""
        return await self._database.run("remember", lambda tables: tables.keys.setdefault(key, (at, request))[1])

    async def forget(self, *, before: datetime) -> int:
        """Remove older keys, and return how many."""

        def remove(tables: MemoryTables) -> int:
            old = [key for key, (at, _) in tables.keys.items() if at < before]
            for key in old:
                del tables.keys[key]
            return len(old)

        return await self._database.run("forget", remove)
