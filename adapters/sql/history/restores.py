"""When this database was restored from a copy: other systems may know newer events than it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.log.lookups import read_head
from adapters.sql.tables import JOBS, RESTORES, insert_into
from domain.machine import FINAL
from domain.times import read_time, time_text

_UNFINISHED = JOBS.c.status.not_in([str(status) for status in FINAL])


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

    async def unfinished(self) -> int:
        """Return how many jobs have not ended: workers go on with them."""
        query = sa.select(sa.func.count()).select_from(JOBS).where(_UNFINISHED)
        return await self._database.read(lambda connection: int(connection.execute(query).scalar() or 0))

    async def unfinished_ids(self, *, limit: int) -> Sequence[str]:
        """Return up to `limit` of these jobs, oldest first."""
        query = sa.select(JOBS.c.job_id).where(_UNFINISHED).order_by(JOBS.c.created_position).limit(limit)
        return await self._database.read(lambda connection: connection.execute(query).scalars().all())


def mark(connection: sa.Connection, at: datetime, *, how: str) -> int:
    """Remember a restore within the transaction of `connection`."""
    position = read_head(connection).position
    row = {"restored_at": time_text(at), "position": position, "how": how}
    connection.execute(insert_into(connection, RESTORES).values(row).on_conflict_do_nothing())
    return position
