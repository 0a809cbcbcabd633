"""The event store on SQL: codec, writer and queries behind the port of the jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from adapters.sql.database import Database
from adapters.sql.log.append_postgres import PostgresLog
from adapters.sql.log.append_sqlite import SqliteLog
from adapters.sql.log.codec import Codec, encode_metadata
from adapters.sql.log.recording_clock import RecordingClock
from adapters.sql.log.rows import HISTORY, PAGE, PREFIX, fetch, recorded
from adapters.sql.log.seal import PendingAppend
from adapters.sql.log.writer import GroupWriter
from adapters.sql.postgres import PostgresEngine
from domain.errors import Refused
from domain.records import Append, Recorded


class SqlEventStore:
    """The event store. One per process: its writer groups the appends of all tasks. `start` it first.

    Events are stored under the own time, `now`, unless it differs from that of a database on another machine by more
    than the tolerance. None: it always counts.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        clock_tolerance_seconds: float | None = None,
        codec: Codec | None = None,
    ) -> None:
        self._database, self._codec = database, codec or Codec()
        engine = database.engine
        log = PostgresLog(engine) if isinstance(engine, PostgresEngine) else SqliteLog(database)
        clock = RecordingClock(own=now, tolerance_seconds=clock_tolerance_seconds)
        self._writer = GroupWriter(database, log, clock=clock, committed=self._call_listeners)
        self._listeners: list[Callable[[int], None]] = []

    async def start(self) -> None:
        """Accept appends from now on."""
        self._writer.start()

    async def close(self) -> None:
        """Commit the appends that wait, then stop; the database stays open."""
        await self._writer.close()

    def on_commit(self, listener: Callable[[int], None]) -> None:
        """Call `listener` with the last position after each commit of this process; it must be fast and not fail."""
        self._listeners.append(listener)

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        """Commit the events and the read model together.

        The same event ids and contents again: success, with the old positions. Other content under a used id: Refused.
        Raises VersionConflict, Fenced, Unavailable. The append of a cancelled caller may still be written.
        """
        if not entry.events or len({new.event_id for new in entry.events}) < len(entry.events):
            raise Refused("an append needs events, each with an id of its own")
        if entry.job.version < len(entry.events) or (entry.release and entry.lease is None):
            raise Refused("an append needs the job as its events leave it, and a lease to give one back")
        events = tuple(self._codec.encode(new.event) for new in entry.events)
        return await self._writer.append(
            PendingAppend(entry=entry, events=events, metadata=encode_metadata(entry.metadata))
        )

    async def history(self, job_id: str, *, upto_version: int | None = None) -> tuple[Recorded, ...]:
        """Return the events of one job, oldest first; none for an unknown job. Raises Unavailable, Refused."""
        if upto_version is None:
            query = partial(fetch, query=HISTORY, job_id=job_id)
        else:
            query = partial(fetch, query=PREFIX, job_id=job_id, upto_version=upto_version)
        return tuple(recorded(row, self._codec) for row in await self._database.read(query))

    async def read(self, *, after: int, limit: int) -> Sequence[Recorded]:
        """Return up to `limit` events with a position above `after`, in order. Raises Unavailable, Refused."""
        rows = await self._database.read(partial(fetch, query=PAGE, after=after, most=limit))
        return [recorded(row, self._codec) for row in rows]

    def _call_listeners(self, position: int) -> None:
        for listener in self._listeners:
            listener(position)
