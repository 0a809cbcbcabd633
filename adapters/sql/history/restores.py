"""When this database was restored from a copy: other systems may know newer events than it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.log.lookups import read_head
from adapters.sql.tables import EVENTS, JOBS, RESTORES, insert_into, texts
from domain.machine import FINAL
from domain.times import read_time, time_text

_UNFINISHED = JOBS.c.status.not_in([str(status) for status in FINAL])


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyEnd:
    """The last event of the copy: its position, and when it was recorded (long ago where there is none)."""

    position: int
    recorded_at: datetime


class SqlRestores:
    """Remembers restores. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last(self) -> datetime | None:
        """Return when the database was last restored, None when it never was."""
        query = sa.select(sa.func.max(RESTORES.c.restored_at))
        found = await self._database.read(lambda connection: connection.execute(query).scalar())
        return None if found is None else read_time(found)

    async def mark(self, at: datetime, *, how: str) -> int:
        """Remember that it was restored at `at`; return the position of its last event. May be repeated."""
        return await self._database.write(lambda connection: mark(connection, at, how=how))

    async def end(self) -> CopyEnd:
        """Return where the log ends."""
        head = await self._database.read(read_head)
        return CopyEnd(position=head.position, recorded_at=read_time(head.recorded_at))

    async def stored_among(self, event_ids: Sequence[str]) -> frozenset[str]:
        """Return the ids of these that are events of this database."""
        query = sa.select(EVENTS.c.event_id)

        def find(connection: sa.Connection) -> frozenset[str]:
            found = connection.execute(query.where(EVENTS.c.event_id.in_(texts(connection, event_ids))))
            return frozenset(str(event_id) for event_id in found.scalars())

        return await self._database.read(find)

    async def updated_at(self, job_ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return when the last event of each of these jobs was recorded; unknown jobs are left out."""
        query = sa.select(JOBS.c.job_id, JOBS.c.updated_at)

        def find(connection: sa.Connection) -> Mapping[str, datetime]:
            rows = connection.execute(query.where(JOBS.c.job_id.in_(texts(connection, job_ids))))
            return {row.job_id: read_time(row.updated_at) for row in rows}

        return await self._database.read(find)

    async def unfinished(self) -> int:
        """Return how many jobs have not ended: workers go on with them."""
        return await self._database.read(count_unfinished)

    async def unfinished_ids(self, *, limit: int) -> Sequence[str]:
        """Return up to `limit` of these jobs, oldest first."""
        query = sa.select(JOBS.c.job_id).where(_UNFINISHED).order_by(JOBS.c.created_position).limit(limit)
        return await self._database.read(lambda connection: connection.execute(query).scalars().all())


def count_unfinished(connection: sa.Connection) -> int:
    """Return how many jobs have not ended."""
    query = sa.select(sa.func.count()).select_from(JOBS).where(_UNFINISHED)
    return int(connection.execute(query).scalar() or 0)


def mark(connection: sa.Connection, at: datetime, *, how: str) -> int:
    """Remember a restore within the transaction of `connection`."""
    position = read_head(connection).position
    row = {"restored_at": time_text(at), "position": position, "how": how}
    connection.execute(insert_into(connection, RESTORES).values(row).on_conflict_do_nothing())
    return position
