"""Lists of jobs, read from the read model alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.summary_columns import read_summary
from adapters.sql.tables import JOBS, LEASES, LOG_HEAD, RENDERS, WAIT_IN_FORCE, WAITS, texts
from domain.steps import NEEDS_OPERATOR, NOTHING
from domain.summary import ListedJob, Spent
from domain.times import time_text

_SEARCHED = (JOBS.c.job_id, JOBS.c.message, JOBS.c.error_message, JOBS.c.waiting_for)

JobRow = Mapping[str, Any]
"""A row of `jobs`, by column."""


class SqlJobs:
    """Reads the table `jobs`. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(
        self,
        *,
        status: str | None,
        limit: int,
        before: int | None,
        text: str | None = None,
        waiting_for: str | None = None,
    ) -> Sequence[ListedJob]:
        """Return up to `limit` jobs whose first event lies before the position `before`, newest first.

        With `text` only jobs whose id, message, error, reason to wait or render ids contain it; ASCII letters match in
        any case. With `waiting_for` only jobs whose reason to wait begins with it; with an empty one, all that wait.
        """
        query = sa.select(JOBS).order_by(JOBS.c.created_position.desc()).limit(limit)
        if status is not None:
            query = query.where(JOBS.c.status == status)
        if before is not None:
            query = query.where(JOBS.c.created_position < before)
        if text is not None:
            query = query.where(_contains(_without_nul(text)))
        if waiting_for is not None:
            query = query.where(_waits_for(_without_nul(waiting_for)))
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

    async def needing_operator(self) -> int:
        """Return how many jobs need a person."""
        query = sa.select(sa.func.count()).select_from(JOBS).where(_needs_operator(JOBS))
        return await self._database.read(lambda connection: connection.execute(query).scalar_one())

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


def _without_nul(text: str) -> str:
    """PostgreSQL takes no NUL, and none was stored."""
    return text.replace("\0", "")


def _contains(text: str) -> sa.ColumnElement[bool]:
    renders = sa.select(RENDERS.c.job_id).where(RENDERS.c.render_id.icontains(text, autoescape=True))
    held = sa.select(WAITS.c.job_id).join(LEASES, WAIT_IN_FORCE).where(WAITS.c.reason.icontains(text, autoescape=True))
    shown = (column.icontains(text, autoescape=True) for column in _SEARCHED)
    return sa.or_(*shown, JOBS.c.job_id.in_(renders), JOBS.c.job_id.in_(held))


def _waits_for(word: str) -> sa.ColumnElement[bool]:
    """Match jobs by the reason that is shown: a worker's goes before that of the job, `needs_operator` before both.

    Only open jobs are read: each part has a partial index, however long the history is.
    """
    if word == NEEDS_OPERATOR:
        return _needs_operator(JOBS)
    leased = sa.select(WAITS.c.job_id).join(LEASES, WAIT_IN_FORCE)
    own = JOBS.alias("own")
    needed = sa.select(own.c.job_id).where(_needs_operator(own))
    parts = [
        leased.where(_begins(WAITS.c.reason, word), WAITS.c.job_id.not_in(needed)),
        sa.select(own.c.job_id).where(_is_to_do(own), _begins(own.c.waiting_for, word), own.c.job_id.not_in(leased)),
    ]
    if NEEDS_OPERATOR.startswith(word):
        parts.append(needed)
    return JOBS.c.job_id.in_(sa.union_all(*parts))


def _needs_operator(jobs: sa.FromClause) -> sa.ColumnElement[bool]:
    """Match with the text written out: with a parameter SQLite would not use the partial index."""
    return jobs.c.waiting_for == sa.literal_column(f"'{NEEDS_OPERATOR}'")


def _is_to_do(jobs: sa.FromClause) -> sa.ColumnElement[bool]:
    return jobs.c.step != sa.literal_column(f"'{NOTHING}'")


def _begins(column: sa.ColumnElement[str | None], word: str) -> sa.ColumnElement[bool]:
    return sa.func.substr(column, 1, len(word)) == word


def _listed(row: JobRow) -> ListedJob:
    return ListedJob(
        summary=read_summary(row), created_position=row["created_position"], is_idle=row["step"] == NOTHING
    )
