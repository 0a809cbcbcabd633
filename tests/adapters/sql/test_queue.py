"""Who works and who waits, as the database has it."""

from __future__ import annotations

from adapters import clock
from adapters.sql.database import Database
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.work.leader_lease import SqlLeaderLease
from adapters.sql.work.leases import SqlLeases
from adapters.sql.work.queue import SqlQueue, WorkerRow
from service.jobs.repository import JobRepository
from tests.domain import scenario


async def test_workers_and_those_who_wait_are_counted(database: Database) -> None:
    store = SqlEventStore(database, now=clock.now)
    await store.start()
    repository = JobRepository(store, new_id=clock.new_id, metadata={})
    for name in ("first", "second", "third"):
        await repository.create(name, scenario.approve())
    queue = SqlQueue(database)
    assert await queue.workers() == []
    assert [await queue.ahead_of(name) for name in ("first", "second", "third")] == [0, 1, 2]

    leases = SqlLeases(database, owner="me", lease_seconds=5.0, now=clock.now, monotonic=clock.monotonic)
    await leases.claim(1)
    await SqlLeaderLease(database, "relay", owner="me", lease_seconds=5.0, monotonic=clock.monotonic).holds()
    assert await queue.workers() == [WorkerRow(name="me", jobs=1, announces=True)]
    assert [await queue.ahead_of(name) for name in ("second", "third")] == [0, 1]
    await store.close()
