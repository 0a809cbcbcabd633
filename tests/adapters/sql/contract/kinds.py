"""The kinds of databases that keep the contract of the stores: SQL on two dialects, and the tables of the simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.history.restores import SqlRestores
from adapters.sql.history.verify import verify
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.read.ended import SqlEndedJobs
from adapters.sql.read.jobs import SqlJobs
from adapters.sql.tables import WAITS
from adapters.sql.work.checkpoints import SqlCheckpoints
from adapters.sql.work.idempotency import IdempotencyKeys
from adapters.sql.work.leader_lease import SqlLeaderLease
from adapters.sql.work.leases import SqlLeases
from adapters.sql.work.queue import SqlQueue
from adapters.sql.work.renders import SqlRenders
from adapters.sql.work.waiting_for import SqlWaitingFor
from tests.fixtures.clock import HandClock
from tests.simulation.stores import check
from tests.simulation.stores.database import MemoryDatabase
from tests.simulation.stores.edges import MemoryIdempotencyKeys, MemoryRestores
from tests.simulation.stores.event_store import MemoryEventStore
from tests.simulation.stores.leader_lease import MemoryLeaderLease
from tests.simulation.stores.leases import MemoryLeases
from tests.simulation.stores.read_model import MemoryEndedJobs, MemoryJobs
from tests.simulation.stores.tables import MemoryTables
from tests.simulation.stores.work import MemoryCheckpoints, MemoryQueue, MemoryRenders, MemoryWaitingFor


class SqlKind:
    """The real stores, on the database at one address."""

    events, jobs, ended_jobs, restores = SqlEventStore, SqlJobs, SqlEndedJobs, SqlRestores
    leases, leader_lease, queue, waiting_for = SqlLeases, SqlLeaderLease, SqlQueue, SqlWaitingFor
    renders, checkpoints, idempotency = SqlRenders, SqlCheckpoints, IdempotencyKeys

    def __init__(self, url: str) -> None:
        self.url = url

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Database]:
        """The way of one process to the database."""
        opened = Database(self.url)
        yield opened
        await opened.close()

    async def findings(self, database: Database) -> list[object]:
        """What is wrong with the log or with the read model."""
        return [finding async for finding in verify(database)]

    async def stored_reasons(self, database: Database) -> int:
        """How many reasons for waiting are stored, whether in force or not."""
        count = sa.select(sa.func.count()).select_from(WAITS)
        return await database.read(lambda connection: connection.execute(count).scalar() or 0)


class MemoryKind:
    """The stores of the simulator, over the same tables."""

    events, jobs, ended_jobs, restores = MemoryEventStore, MemoryJobs, MemoryEndedJobs, MemoryRestores
    leases, leader_lease, queue, waiting_for = MemoryLeases, MemoryLeaderLease, MemoryQueue, MemoryWaitingFor
    renders, checkpoints, idempotency = MemoryRenders, MemoryCheckpoints, MemoryIdempotencyKeys

    def __init__(self) -> None:
        self.tables = MemoryTables()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[MemoryDatabase]:
        """The way of one process to the tables."""
        yield MemoryDatabase(self.tables)

    async def findings(self, database: MemoryDatabase) -> list[object]:
        """What is wrong with the log or with the read model."""
        return list(check.findings(database.tables))

    async def stored_reasons(self, database: MemoryDatabase) -> int:
        """How many reasons for waiting are stored, whether in force or not."""
        return len(database.tables.waits)


Kind = SqlKind | MemoryKind


def worker(kind: Kind, database: Database | MemoryDatabase, owner: str, hands: HandClock) -> SqlLeases | MemoryLeases:
    return kind.leases(database, owner=owner, lease_seconds=10, now=hands.now, monotonic=hands.monotonic)
