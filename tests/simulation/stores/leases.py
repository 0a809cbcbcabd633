"""Leases in memory: counted renewals, watched by the monotonic clock of each process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from adapters.sql.work.leases import LONGEST_WATCH_SECONDS, WATCHES_PER_LEASE
from adapters.sql.work.staleness import Staleness
from domain.records import Lease
from domain.steps import NOTHING
from domain.times import time_text
from tests.simulation.stores.database import MemoryDatabase
from tests.simulation.stores.tables import LeaseRow, MemoryTables, TableRow


class MemoryLeases:
    """The leases of one process; `owner` is a name that no other process ever has."""

    def __init__(
        self,
        database: MemoryDatabase,
        *,
        owner: str,
        lease_seconds: float,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._database, self.owner, self._lease_seconds = database, owner, lease_seconds
        self._now, self._monotonic = now, monotonic
        self._watch_seconds = min(LONGEST_WATCH_SECONDS, lease_seconds / WATCHES_PER_LEASE)
        self._watched_at: float | None = None
        self._held = Staleness[tuple[int, int]]()
        self._timers = Staleness[tuple[str, float]]()

    async def claim(self, limit: int) -> Sequence[Lease]:
        """Take up to `limit` jobs that are due and free, or whose worker is dead; oldest first. Raises Unavailable."""
        if limit < 1:
            return []
        await self._watch()
        at, now = self._monotonic(), time_text(self._now())
        dead = dict(self._held.unchanged(lambda _: self._lease_seconds, at=at))
        overdue = dict(self._timers.unchanged(lambda timer: timer[1], at=at))

        def is_free(job_id: str, lease: LeaseRow) -> bool:
            return lease.owner is None or dead.get(job_id) == (lease.epoch, lease.renewals)

        def is_due(job: TableRow) -> bool:
            return job["due_at"] is None or job["due_at"] <= now or job["job_id"] in overdue

        def take(tables: MemoryTables) -> Sequence[Lease]:
            due = (job_id for job_id, job in tables.jobs.items() if job["step"] != NOTHING and is_due(job))
            free = [job_id for job_id in due if is_free(job_id, tables.leases[job_id])][:limit]
            for job_id in free:
                tables.leases[job_id].take(self.owner)
            return [Lease(job_id=job_id, owner=self.owner, epoch=tables.leases[job_id].epoch) for job_id in free]

        return await self._database.run("claim", take)

    async def renew(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        """Keep them alive; return those that are still ours. Raises Unavailable."""

        def count(tables: MemoryTables) -> Sequence[Lease]:
            kept = [lease for lease in leases if self._is_ours(tables, lease)]
            for job_id in {lease.job_id for lease in kept}:
                tables.leases[job_id].renewals += 1
            return kept

        return await self._database.run("renew", count) if leases else []

    async def release(self, leases: Sequence[Lease]) -> None:
        """Give them back, except those that are no longer ours. Raises Unavailable."""

        def free(tables: MemoryTables) -> None:
            for lease in leases:
                if self._is_ours(tables, lease):
                    tables.leases[lease.job_id].owner = None

        if leases:
            await self._database.run("release", free)

    async def holds(self, lease: Lease) -> bool:
        """Ask the database whether the lease is still ours. Raises Unavailable."""
        return await self._database.run("holds", lambda tables: tables.holds(lease))

    def _is_ours(self, tables: MemoryTables, lease: Lease) -> bool:
        row = tables.leases.get(lease.job_id)
        return row is not None and (row.owner, row.epoch) == (self.owner, lease.epoch)

    async def _watch(self) -> None:
        """Note all held leases and all timers, but not too often."""
        at, now = self._monotonic(), time_text(self._now())
        if self._watched_at is not None and at - self._watched_at < self._watch_seconds:
            return

        def held(tables: MemoryTables) -> dict[str, tuple[int, int]]:
            rows = tables.leases.items()
            return {job_id: (row.epoch, row.renewals) for job_id, row in rows if row.owner is not None}

        def timers(tables: MemoryTables) -> dict[str, tuple[str, float]]:
            jobs = (job for job in tables.jobs.values() if job["step"] != NOTHING and (job["due_at"] or "") > now)
            return {job["job_id"]: (job["due_at"], job["wait_seconds"] or 0.0) for job in jobs}

        noted = await self._database.run("watch", lambda tables: (held(tables), timers(tables)))
        self._held.update(noted[0], at=at)
        self._timers.update(noted[1], at=at)
        self._watched_at = at
