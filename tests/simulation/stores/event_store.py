"""The event store in memory: each append is one moment, so it says what the SQL ones must promise, and no more.

They group appends and remember versions between them. Neither can be seen from outside, so neither is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from adapters.sql.log.codec import encode_metadata
from domain.errors import Refused, Unavailable
from domain.records import Append, Recorded
from tests.simulation.stores.append import Appended, PreparedAppend, append
from tests.simulation.stores.database import MemoryDatabase
from tests.simulation.stores.tables import CODEC, MemoryTables


class MemoryEventStore:
    """The event store of one process; `now` is its clock. `start` it first."""

    def __init__(self, database: MemoryDatabase, *, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._listeners: list[Callable[[int], None]] = []
        self._is_open = False
        self._under_way = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    async def start(self) -> None:
        """Accept appends from now on."""
        self._is_open = True

    async def close(self) -> None:
        """Let the appends under way end, and refuse others."""
        self._is_open = False
        await self._is_idle.wait()

    def on_commit(self, listener: Callable[[int], None]) -> None:
        """Call `listener` with the last position after each commit of this process."""
        self._listeners.append(listener)

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        """Commit the events and the read model together. Raises VersionConflict, Fenced, Unavailable, Refused."""
        prepared = _prepare(entry)
        if not self._is_open:
            raise Unavailable("the event store is closed")
        self._under_way += 1
        self._is_idle.clear()
        try:
            appended = await self._database.run("append", self._write(prepared), done=self._call_listeners)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._is_idle.set()
        return appended.recorded

    async def history(self, job_id: str, *, upto_version: int | None = None) -> tuple[Recorded, ...]:
        """Return the events of one job, oldest first; none for an unknown job. Raises Unavailable, Refused."""
        most = None if upto_version is None else max(upto_version, 0)
        rows = await self._database.run("history", lambda tables: tables.by_job.get(job_id, [])[:most])
        return tuple(row.recorded for row in rows)

    async def read(self, *, after: int, limit: int) -> Sequence[Recorded]:
        """Return up to `limit` events with a position above `after`, in order. Raises Unavailable, Refused."""
        begin = max(after, 0)
        rows = await self._database.run("read", lambda tables: tables.events[begin : begin + limit])
        return [row.recorded for row in rows]

    def _write(self, prepared: PreparedAppend) -> Callable[[MemoryTables], Appended]:
        return lambda tables: append(tables, prepared, now=self._now())

    def _call_listeners(self, appended: Appended) -> None:
        if appended.is_new:
            for listener in self._listeners:
                listener(appended.recorded[-1].position)


def _prepare(entry: Append) -> PreparedAppend:
    if not entry.events or len({new.event_id for new in entry.events}) < len(entry.events):
        raise Refused("an append needs events, each with an id of its own")
    if entry.job.version < len(entry.events) or (entry.release and entry.lease is None):
        raise Refused("an append needs the job as its events leave it, and a lease to give one back")
    encoded = tuple(CODEC.encode(new.event) for new in entry.events)
    return PreparedAppend(entry=entry, encoded=encoded, metadata=encode_metadata(entry.metadata))
