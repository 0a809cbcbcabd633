"""What the stores in memory do for a simulator: faults to order, and other tasks between any two steps.

What they store is held by the suites in `tests/adapters/sql/contract/`, which the real stores keep, too.
"""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import Unavailable
from tests.adapters.sql.drives import Drive, approved, requested
from tests.fixtures.clock import HandClock
from tests.simulation.stores.check import findings
from tests.simulation.stores.database import Fault, MemoryDatabase
from tests.simulation.stores.of_process import MemoryStores, make_memory_stores, ports_of
from tests.simulation.stores.tables import MemoryTables


async def started(database: MemoryDatabase, owner: str = "one", clock: HandClock | None = None) -> MemoryStores:
    stores = make_memory_stores(database, owner=owner, lease_seconds=10, clock=clock or HandClock())
    await stores.events.start()
    return stores


def failing_once(call: str, fault: Fault):
    """The fault at the first call of that name alone."""
    left = [call]

    def fault_of(name: str) -> Fault:
        if name in left:
            left.remove(name)
            return fault
        return Fault.NONE

    return fault_of


async def test_an_append_while_the_database_is_away_leaves_no_trace():
    stores = await started(MemoryDatabase(fault=failing_once("append", Fault.AWAY)))
    entry = Drive().step(approved())
    with pytest.raises(Unavailable):
        await stores.events.append(entry)
    assert await stores.events.read(after=0, limit=9) == []
    assert [one.position for one in await stores.events.append(entry)] == [1]


async def test_an_append_whose_answer_is_lost_is_stored_and_told_to_nobody_until_it_is_repeated():
    stores = await started(MemoryDatabase(fault=failing_once("append", Fault.ANSWER_LOST)))
    told: list[int] = []
    stores.events.on_commit(told.append)
    entry = Drive().step(approved())
    with pytest.raises(Unavailable):
        await stores.events.append(entry)
    stored = await stores.events.read(after=0, limit=9)
    assert [one.event_id for one in stored] == [entry.events[0].event_id]
    assert await stores.events.append(entry) == tuple(stored)
    assert told == []


async def test_a_claim_whose_answer_is_lost_holds_the_job_until_the_lease_is_dead():
    tables, clock = MemoryTables(), HandClock()
    unlucky = await started(MemoryDatabase(tables, fault=failing_once("claim", Fault.ANSWER_LOST)), "unlucky", clock)
    other = await started(MemoryDatabase(tables), "other", clock)
    drive = Drive()
    await other.events.append(drive.step(approved()))
    with pytest.raises(Unavailable):
        await unlucky.leases.claim(1)
    assert await other.leases.claim(1) == []
    clock.pass_by(10)
    assert [lease.job_id for lease in await other.leases.claim(1)] == [drive.job_id]


async def test_each_process_has_a_clock_of_its_own_and_the_log_never_goes_back():
    tables, fast, slow = MemoryTables(), HandClock(), HandClock()
    fast.pass_by(3600)
    first = await started(MemoryDatabase(tables), "first", fast)
    second = await started(MemoryDatabase(tables), "second", slow)
    (early,) = await first.events.append(Drive().step(approved()))
    (late,) = await second.events.append(Drive().step(approved()))
    assert early.recorded_at == late.recorded_at == fast.at


async def test_other_tasks_run_before_and_after_every_call_takes_effect():
    database = MemoryDatabase()
    ports = ports_of(await started(database))
    seen: list[int] = []

    async def watch() -> None:
        while len(seen) < 10:
            seen.append(len(database.tables.events))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await ports.events.append(Drive().step(approved()))
    assert seen[0] == 0
    assert seen[-1] == 1
    await watching
    for call in (ports.leases.claim(1), ports.renders.owned(None, ["r"]), ports.leadership.holds()):
        between = asyncio.Event()
        asyncio.get_running_loop().call_soon(between.set)
        await call
        assert between.is_set()


async def test_a_refused_append_changes_nothing():
    database = MemoryDatabase()
    stores = await started(database)
    first, second = Drive(), Drive()
    same = {"model": "owner/model", "request_hash": "same"}
    await stores.events.append(first.step(approved(), requested(**same)))
    with pytest.raises(Unavailable, match="still unresolved"):
        await stores.events.append(second.step(approved(), requested(**same)))
    assert list(database.tables.jobs) == list(database.tables.leases) == [first.job_id]
    assert list(findings(database.tables)) == []


async def test_damage_is_found():
    database = MemoryDatabase()
    stores = await started(database)
    drive = Drive()
    await stores.events.append(drive.step(approved()))
    database.tables.jobs[drive.job_id]["percent"] = 77
    (found,) = findings(database.tables)
    assert "77" in found
