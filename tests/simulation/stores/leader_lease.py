"""The leader lease in memory: a row of the leases under a name that no job can have."""

from __future__ import annotations

from collections.abc import Callable

from adapters.sql.work.leader_lease import RENEWALS_PER_LEASE
from tests.simulation.stores.database import MemoryDatabase
from tests.simulation.stores.tables import LeaseRow, MemoryTables


class MemoryLeaderLease:
    """The leader lease as one process sees it."""

    def __init__(
        self,
        database: MemoryDatabase,
        name: str,
        *,
        owner: str,
        lease_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._database, self._name, self._owner = database, f"~{name}", owner
        self._lease_seconds, self._monotonic = lease_seconds, monotonic
        self._is_leader = False
        self._asked_at: float | None = None
        self._seen: tuple[int, int] | None = None
        self._seen_at = 0.0

    async def holds(self) -> bool:
        """Tell whether this process is the leader; take a lease that is free or dead. Raises Unavailable."""
        at = self._monotonic()
        if self._asked_at is None or at - self._asked_at >= self._lease_seconds / RENEWALS_PER_LEASE:
            self._is_leader = await self._database.run("lead", self._renew_or_take)
            self._asked_at = at
        return self._is_leader

    async def step_down(self) -> None:
        """Give the lease back, so that another process can take it at once. Raises Unavailable."""

        def free(tables: MemoryTables) -> None:
            row = tables.leases[self._name]
            if row.owner == self._owner:
                row.owner = None

        if self._is_leader:
            self._is_leader = False
            await self._database.run("step_down", free)

    def _renew_or_take(self, tables: MemoryTables) -> bool:
        row = tables.leases.setdefault(self._name, LeaseRow())
        if row.owner == self._owner:
            row.renewals += 1
            return True
        if row.owner is None or self._is_dead(row):
            row.take(self._owner)
            return True
        return False

    def _is_dead(self, row: LeaseRow) -> bool:
        if self._seen != (row.epoch, row.renewals):
            self._seen, self._seen_at = (row.epoch, row.renewals), self._monotonic()
        return self._monotonic() - self._seen_at >= self._lease_seconds
