"""Lists of jobs, read from the read model alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.summary_columns import read_summary
from adapters.sql.tables import JOBS, LOG_HEAD, texts
from domain.steps import NOTHING
from domain.summary import ListedJob, Spent
from domain.times import time_text

_SEARCHED = (JOBS.c.job_id, JOBS.c.message, JOBS.c.error_message)

JobRow = Mapping[str, Any]
"""A row of `jobs`, by column."""


class SqlJobs:
    """Reads the table `jobs`. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(
        self, *, status: str | None, limit: int, before: int | None, text: str | None = None
    ) -> Sequence[ListedJob]:
        """Return up to `limit` jobs whose first event lies before the position `before`, newest first.

        With `text` only jobs whose id, message or error contains it; ASCII letters match in any case.
        """
        query = sa.select(JOBS).order_by(JOBS.c.created_position.desc()).limit(limit)
        if status is not None:
            query = query.where(JOBS.c.status == status)
        if before is not None:
            query = query.where(JOBS.c.created_position < before)
        if text is not None:
            # PostgreSQL takes no NUL, and none was stored.
            wanted = text.replace("\0", "")
            query = query.where(sa.or_(*(column.icontains(wanted, autoescape=True) for column in _SEARCHED)))
        return [_listed(row) for row in await self._rows(query)]

    async def one(self, job_id: str) -> JobRow | None:
        """Return the row of a job, None for an unknown one."""
        rows = await self._rows(sa.select(JOBS).where(JOBS.c.job_id == job_id))
        return rows[0] if rows else None

    async def counts(self) -> Mapping[str, int]:
        """Return how many jobs are in each status."""
        query = sa.select(JOBS.c.status, sa.func.count()).group_by(JOBS.c.status)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {str(status): int(count) for status, count in rows}

    async def spent(self, *, since: datetime) -> Sequence[Spent]:
        """Return the costs of the jobs created since a time; amounts are text, since SQLite has no exact numbers."""
        costs = JOBS.c.estimated_cost, JOBS.c.actual_cost, JOBS.c.list_price
        began = JOBS.c.created_at >= time_text(since)
        query = sa.select(*costs, sa.func.count()).where(began).group_by(*costs)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [Spent(*row) for row in rows]

    async def versions(self, job_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the stored version of each of these jobs."""

        def find(connection: sa.Connection) -> Mapping[str, int]:
            query = sa.select(JOBS.c.job_id, JOBS.c.version).where(JOBS.c.job_id.in_(texts(connection, job_ids)))
            return {str(job_id): int(version) for job_id, version in connection.execute(query)}

        return await self._database.read(find)

    async def last_position(self) -> int:
        """Return the position of the newest event of all, 0 of an empty log."""
        query = sa.select(LOG_HEAD.c.position)
        return int(await self._database.read(lambda connection: connection.execute(query).scalar()) or 0)

    async def _rows(self, query: sa.Select[Any]) -> Sequence[JobRow]:
        def read(connection: sa.Connection) -> Sequence[JobRow]:
            return [dict(row) for row in connection.execute(query).mappings()]

        return await self._database.read(read)


def _listed(row: JobRow) -> ListedJob:
    return ListedJob(
        summary=read_summary(row), created_position=row["created_position"], is_idle=row["step"] == NOTHING
    )
