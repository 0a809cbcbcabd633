"""The leader lease: one process at a time does some work, such as announcing events."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.tables import LEASES
from domain.errors import Unavailable

RENEWALS_PER_LEASE = 4
_MAKE = sa.text("INSERT INTO leases (job_id, owner, epoch, renewals) VALUES (:name, NULL, 0, 0) ON CONFLICT DO NOTHING")


class SqlLeaderLease:
    """A row of `leases` under a name that no job can have; like every lease it is renewed by counting.

    `holds` is cheap: it rarely asks the database.
    """

    def __init__(
        self, database: Database, name: str, *, owner: str, lease_seconds: float, monotonic: Callable[[], float]
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
            self._is_leader = await self._database.touch(self._renew_or_take)
            self._asked_at = at
        return self._is_leader

    async def step_down(self) -> None:
        """Give the lease back, so that another process can take it at once. Raises Unavailable."""
        free = sa.update(LEASES).where(LEASES.c.job_id == self._name, LEASES.c.owner == self._owner).values(owner=None)
        if self._is_leader:
            self._is_leader = False
            await self._database.touch(lambda connection: connection.execute(free))

    def _renew_or_take(self, connection: sa.Connection) -> bool:
        mine = sa.update(LEASES).where(LEASES.c.job_id == self._name, LEASES.c.owner == self._owner)
        if connection.execute(mine.values(renewals=LEASES.c.renewals + 1)).rowcount:
            return True
        connection.execute(_MAKE, {"name": self._name})
        row = connection.execute(sa.select(LEASES).where(LEASES.c.job_id == self._name)).first()
        if row is None:
            raise Unavailable(f"the lease {self._name} could not be made")
        return (row.owner is None or self._is_dead(row.epoch, row.renewals)) and self._take(connection, row)

    def _is_dead(self, epoch: int, renewals: int) -> bool:
        if self._seen != (epoch, renewals):
            self._seen, self._seen_at = (epoch, renewals), self._monotonic()
        return self._monotonic() - self._seen_at >= self._lease_seconds

    def _take(self, connection: sa.Connection, row: sa.Row[tuple[str, str, int, int]]) -> bool:
        same = (LEASES.c.job_id == self._name, LEASES.c.epoch == row.epoch, LEASES.c.renewals == row.renewals)
        taken = sa.update(LEASES).where(*same).values(owner=self._owner, epoch=row.epoch + 1, renewals=0)
        return connection.execute(taken).rowcount == 1
