"""The lease that makes one process at a time the leader of some work, such as announcing events."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.tables import LEASES
from domain.errors import Unavailable

RENEWALS_PER_LEASE = 4
_MAKE = sa.text("INSERT INTO leases (job_id, owner, epoch, renewals) VALUES (:name, NULL, 0, 0) ON CONFLICT DO NOTHING")


class SqlLeaderLease:
    """A row of `leases` whose name no job can have, kept alive by counting, as every lease is.

    `holds` is cheap: the database is asked now and then.
    """

    def __init__(
        self, database: Database, name: str, *, owner: str, lease_seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._database, self._name, self._owner = database, f"~{name}", owner
        self._lease_seconds, self._monotonic = lease_seconds, monotonic
        self._ours = False
        self._asked_at: float | None = None
        self._seen: tuple[int, int] | None = None
        self._seen_at = 0.0

    async def holds(self) -> bool:
        """Tell whether this process leads, and take the lead if it is free or its holder dead. Raises Unavailable."""
        at = self._monotonic()
        if self._asked_at is None or at - self._asked_at >= self._lease_seconds / RENEWALS_PER_LEASE:
            self._ours = await self._database.touch(self._renew_or_take)
            self._asked_at = at
        return self._ours

    async def step_down(self) -> None:
        """Give the lead up, so that another process has it at once. Raises Unavailable."""
        free = sa.update(LEASES).where(LEASES.c.job_id == self._name, LEASES.c.owner == self._owner).values(owner=None)
        if self._ours:
            self._ours = False
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
