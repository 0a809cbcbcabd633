"""Which jobs ended before a given time: they may be archived and their files removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.tables import JOBS, texts
from domain.machine import FINAL
from domain.steps import NOTHING
from domain.summary import EndedJob
from domain.times import read_time, time_text

_ENDED = sa.and_(JOBS.c.status.in_([str(status) for status in FINAL]), JOBS.c.step == NOTHING)
"""A job that has ended still has a step while a render of it is open at the provider."""


class SqlEndedJobs:
    """Reads the read model. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, *, before: datetime, after: str, limit: int) -> Sequence[EndedJob]:
        """Return up to `limit` jobs that ended before a time, with ids above `after`, in the order of their ids."""
        query = (
            sa.select(JOBS.c.job_id, JOBS.c.version, JOBS.c.updated_at)
            .where(_ENDED, JOBS.c.updated_at < time_text(before), JOBS.c.job_id > after)
            .order_by(JOBS.c.job_id)
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [EndedJob(job_id=row.job_id, version=row.version, at=read_time(row.updated_at)) for row in rows]

    async def among(self, job_ids: Sequence[str], *, before: datetime) -> Sequence[str]:
        """Return the ids of these jobs that ended before a time."""

        def find(connection: sa.Connection) -> Sequence[str]:
            query = sa.select(JOBS.c.job_id).where(
                _ENDED, JOBS.c.updated_at < time_text(before), JOBS.c.job_id.in_(texts(connection, job_ids))
            )
            return connection.execute(query).scalars().all()

        return await self._database.read(find)
