"""Which worker works on which job: leases are renewed by counting, so that no two clocks are compared.

A lease is dead when this process has not seen its (epoch, renewals) change for `lease_seconds` of its own clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.log import lookups
from adapters.sql.tables import JOBS, LEASES, lease_keys, texts
from adapters.sql.work.staleness import Staleness
from domain.records import Lease
from domain.steps import NOTHING
from domain.times import time_text

WATCHES_PER_LEASE = 10
LONGEST_WATCH_SECONDS = 1.0
MOST_WATCHED = 50_000

_KEY = (LEASES.c.job_id, LEASES.c.epoch)
_TO_DO = JOBS.c.step != NOTHING
_HELD = (
    sa.select(LEASES.c.job_id, LEASES.c.epoch, LEASES.c.renewals).where(LEASES.c.owner.is_not(None)).limit(MOST_WATCHED)
)
_TIMERS = (
    sa.select(JOBS.c.job_id, JOBS.c.due_at, JOBS.c.wait_seconds)
    .where(_TO_DO, JOBS.c.due_at > sa.bindparam("now"))
    .order_by(JOBS.c.created_position)
    .limit(MOST_WATCHED)
)


class SqlLeases:
    """The leases of one process; `owner` is a name that no other process ever has.

    `now` may jump; `monotonic` counts seconds and never does.
    """

    def __init__(
        self,
        database: Database,
        *,
        owner: str,
        lease_seconds: float,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._database, self.owner, self._lease_seconds = database, owner, lease_seconds
        self._now, self._monotonic = now, monotonic
        self._watch_seconds = min(LONGEST_WATCH_SECONDS, lease_seconds / WATCHES_PER_LEASE)
        self._held_leases: Staleness[tuple[int, int]] = Staleness()
        self._timers: Staleness[tuple[str, float]] = Staleness()
        self._watched_at: float | None = None

    async def claim(self, limit: int) -> Sequence[Lease]:
        """Take up to `limit` jobs that are due and free, or whose worker is dead; oldest first.

        Call it regularly: only then are dead workers noticed. A job that ended meanwhile may be among the result: its
        worker finds nothing to do and gives it back. Raises Unavailable.
        """
        if limit < 1:
            return []
        await self._watch()
        at = self._monotonic()
        dead = self._held_leases.unchanged(lambda _: self._lease_seconds, at=at)
        overdue = self._timers.unchanged(lambda timer: timer[1], at=at)
        values = {"owner": self.owner, "now": time_text(self._now()), "most": limit}

        def take(connection: sa.Connection) -> Sequence[sa.Row[Any]]:
            if not dead and not overdue:
                return connection.execute(_TAKE_FREE, values).all()
            free = sa.or_(
                LEASES.c.owner.is_(None),
                sa.tuple_(*_KEY, LEASES.c.renewals).in_(
                    lease_keys(connection, [(job_id, *key) for job_id, key in dead])
                ),
            )
            due = sa.or_(
                JOBS.c.due_at.is_(None),
                JOBS.c.due_at <= sa.bindparam("now"),
                JOBS.c.job_id.in_(texts(connection, [job_id for job_id, _ in overdue])),
            )
            return connection.execute(_take(free, due), values).all()

        rows = await self._database.touch(take)
        ordered = sorted(rows, key=lambda row: row.created_position)
        return [Lease(job_id=row.job_id, owner=self.owner, epoch=row.epoch) for row in ordered]

    async def renew(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        """Keep them alive; return those that are still ours. One statement. Raises Unavailable."""
        if not leases:
            return []

        def count(connection: sa.Connection) -> set[tuple[str, int]]:
            ours = self._ours(connection, leases)
            statement = sa.update(LEASES).where(LEASES.c.job_id.in_(ours)).values(renewals=LEASES.c.renewals + 1)
            rows = connection.execute(statement.returning(LEASES.c.job_id, LEASES.c.epoch))
            return {(row.job_id, row.epoch) for row in rows}

        kept = await self._database.touch(count)
        return [lease for lease in leases if (lease.job_id, lease.epoch) in kept]

    async def release(self, leases: Sequence[Lease]) -> None:
        """Give them back, except those that are no longer ours. Raises Unavailable."""
        if not leases:
            return

        def free(connection: sa.Connection) -> None:
            ours = self._ours(connection, leases)
            connection.execute(sa.update(LEASES).where(LEASES.c.job_id.in_(ours)).values(owner=None))

        await self._database.touch(free)

    async def holds(self, lease: Lease) -> bool:
        """Ask the database whether the lease is still ours. Raises Unavailable."""
        return bool(await self._database.read(lambda connection: lookups.held_leases(connection, [lease])))

    def _ours(self, connection: sa.Connection, leases: Iterable[Lease]) -> sa.Select[Any]:
        """The jobs of those leases that are still ours, locked in the order in which appends lock them."""
        keys = lease_keys(connection, [(lease.job_id, lease.epoch, 0) for lease in leases]).subquery()
        ours = (
            sa.select(LEASES.c.job_id)
            .where(LEASES.c.owner == self.owner, sa.tuple_(*_KEY).in_(sa.select(keys.c[0], keys.c[1])))
            .order_by(LEASES.c.job_id)
            .with_for_update()
            .cte("ours")
        )
        return sa.select(ours.c.job_id)

    async def _watch(self) -> None:
        """Note all leases and timers, at most every `_watch_seconds`, to find those that do not change."""
        at = self._monotonic()
        if self._watched_at is not None and at - self._watched_at < self._watch_seconds:
            return
        now = time_text(self._now())

        def read(connection: sa.Connection) -> Sequence[Sequence[sa.Row[*tuple[Any, ...]]]]:
            return connection.execute(_HELD).all(), connection.execute(_TIMERS, {"now": now}).all()

        held, timers = await self._database.read(read)
        self._held_leases.update({row.job_id: (row.epoch, row.renewals) for row in held}, at=at)
        self._timers.update({row.job_id: (row.due_at, row.wait_seconds or 0.0) for row in timers}, at=at)
        self._watched_at = at


def _take(free: sa.ColumnElement[bool], due: sa.ColumnElement[bool]) -> sa.Executable:
    """Take up to `most` jobs for `owner`, oldest first.

    Two claims never wait for each other: PostgreSQL skips locked rows, SQLite has one writer.
    """
    found = (
        sa.select(LEASES.c.job_id, JOBS.c.created_position)
        .join(JOBS, JOBS.c.job_id == LEASES.c.job_id)
        .where(_TO_DO, free, due)
        .order_by(JOBS.c.created_position)
        .limit(sa.bindparam("most"))
        .with_for_update(of=LEASES, skip_locked=True)
        .cte("found")
    )
    position = sa.select(found.c.created_position).where(found.c.job_id == LEASES.c.job_id).scalar_subquery()
    return (
        sa.update(LEASES)
        .where(LEASES.c.job_id.in_(sa.select(found.c.job_id)))
        .values(owner=sa.bindparam("owner"), epoch=LEASES.c.epoch + 1, renewals=0)
        .returning(LEASES.c.job_id, LEASES.c.epoch, position.label("created_position"))
    )


_TAKE_FREE = _take(LEASES.c.owner.is_(None), sa.or_(JOBS.c.due_at.is_(None), JOBS.c.due_at <= sa.bindparam("now")))
"""The usual claim, built once: no worker is dead and no clock has jumped."""
