"""Which workers work, and which jobs wait for one: read from the leases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.tables import JOBS, LEASES
from domain.steps import NOTHING

MOST_WORKERS = 200
_LEADER_LEASES = "~%"
"""The pattern of their names: see `leader_lease.py`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """A process that holds leases. `announces`: it holds the leader lease of the relay."""

    name: str
    jobs: int
    announces: bool


class SqlQueue:
    """Reads `leases` and `jobs`. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def workers(self) -> Sequence[WorkerRow]:
        """Return the processes that hold a lease, also dead ones whose leases nobody has taken over yet."""
        jobs = sa.func.sum(sa.case((LEASES.c.job_id.like(_LEADER_LEASES), 0), else_=1))
        leads = sa.func.sum(sa.case((LEASES.c.job_id.like(_LEADER_LEASES), 1), else_=0))
        query = (
            sa.select(LEASES.c.owner, jobs, leads)
            .where(LEASES.c.owner.is_not(None))
            .group_by(LEASES.c.owner)
            .order_by(LEASES.c.owner)
            .limit(MOST_WORKERS)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [WorkerRow(name=str(name), jobs=int(held), announces=bool(leads)) for name, held, leads in rows]

    async def ahead_of(self, job_id: str) -> int:
        """Return how many older jobs also wait for a free worker."""
        own = sa.select(JOBS.c.created_position).where(JOBS.c.job_id == job_id).scalar_subquery()
        query = (
            sa.select(sa.func.count())
            .select_from(JOBS.outerjoin(LEASES, LEASES.c.job_id == JOBS.c.job_id))
            .where(
                JOBS.c.step != NOTHING,
                JOBS.c.due_at.is_(None),
                LEASES.c.owner.is_(None),
                JOBS.c.created_position < own,
            )
        )
        return await self._database.read(lambda connection: int(connection.execute(query).scalar() or 0))
