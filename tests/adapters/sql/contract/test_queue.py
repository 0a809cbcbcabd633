"""Who works and who waits, as the database has it."""

from __future__ import annotations

from adapters import clock
from adapters.sql.work.queue import WorkerRow
from service.jobs.repository import JobRepository
from tests.domain import scenario


async def test_workers_and_those_who_wait_are_counted(kind, database) -> None:
    store = kind.events(database, now=clock.now)
    await store.start()
    repository = JobRepository(store, new_id=clock.new_id, metadata={})
    for name in ("first", "second", "third"):
        await repository.create(name, scenario.approve())
    queue = kind.queue(database)
    assert await queue.workers() == []
    assert [await queue.ahead_of(name) for name in ("first", "second", "third")] == [0, 1, 2]

    leases = kind.leases(database, owner="me", lease_seconds=5.0, now=clock.now, monotonic=clock.monotonic)
    await leases.claim(1)
    await kind.leader_lease(database, "relay", owner="me", lease_seconds=5.0, monotonic=clock.monotonic).holds()
    assert await queue.workers() == [WorkerRow(name="me", jobs=1, announces=True)]
    assert [await queue.ahead_of(name) for name in ("second", "third")] == [0, 1]
    await store.close()
