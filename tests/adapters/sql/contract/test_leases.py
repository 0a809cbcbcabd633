"""Leases on both dialects: claimed fairly, renewed together, taken over when dead, fenced by epoch."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain.errors import Fenced
from service.jobs.event_store import EventStore
from service.worker.leases import Leases
from tests.adapters.sql.contract.kinds import worker
from tests.adapters.sql.drives import Drive, approved, attempt_failed, finished, progressed, requested
from tests.fixtures.clock import HandClock


async def approve(store: EventStore, count: int = 1) -> list[Drive]:
    drives = [Drive() for _ in range(count)]
    for drive in drives:
        await store.append(drive.step(approved()))
    return drives


async def test_a_free_job_is_claimed_once_and_the_oldest_first(kind, store, leases, database, hands):
    drives = await approve(store, 4)
    first = await leases.claim(3)
    assert [lease.job_id for lease in first] == [drive.job_id for drive in drives[:3]]
    second = await worker(kind, database, "worker-2", hands).claim(3)
    assert [lease.job_id for lease in second] == [drives[3].job_id]
    assert await leases.claim(3) == []


async def test_claimers_in_a_race_never_share_a_job(kind, store, database, hands):
    drives = await approve(store, 40)
    workers = [worker(kind, database, f"worker-{number}", hands) for number in range(4)]
    claimed: list[str] = []
    for _ in range(10):
        taken = await asyncio.gather(*(one.claim(3) for one in workers))
        claimed += [lease.job_id for lot in taken for lease in lot]
    assert sorted(claimed) == sorted(drive.job_id for drive in drives)


async def test_an_append_under_a_lease_that_was_taken_over_is_fenced(kind, store, leases, database, hands):
    (drive,) = await approve(store)
    (drive.lease,) = await leases.claim(1)
    other = worker(kind, database, "worker-2", hands)
    assert await other.claim(1) == []
    hands.pass_by(11)
    (stolen,) = await other.claim(1)
    assert (stolen.job_id, stolen.epoch) == (drive.job_id, drive.lease.epoch + 1)
    with pytest.raises(Fenced, match="another worker"):
        await store.append(drive.peek(requested()))
    assert not await leases.holds(drive.lease)
    drive.lease = stolen
    await store.append(drive.step(requested()))


async def test_a_worker_that_lost_its_lease_and_its_version_is_told_to_stop(kind, store, leases, database, hands):
    (drive,) = await approve(store)
    (drive.lease,) = await leases.claim(1)
    late = drive.peek(requested())
    other = worker(kind, database, "worker-2", hands)
    await other.claim(1)
    hands.pass_by(11)
    (drive.lease,) = await other.claim(1)
    await store.append(drive.step(requested()))
    with pytest.raises(Fenced):
        await store.append(late)


async def test_a_renewed_lease_lives_on_and_renewing_tells_which_are_lost(kind, store, leases, database, hands):
    await approve(store, 2)
    mine = await leases.claim(2)
    other = worker(kind, database, "worker-2", hands)
    await other.claim(2)
    for _ in range(3):
        hands.pass_by(6)
        assert await leases.renew(mine[:1]) == mine[:1]
        taken = await other.claim(2)
        if taken:
            break
    assert [lease.job_id for lease in taken] == [mine[1].job_id]
    assert await leases.renew(mine) == mine[:1]


async def test_a_released_lease_is_free_at_once_and_a_lost_one_is_left_alone(kind, store, leases, database, hands):
    await approve(store)
    (lease,) = await leases.claim(1)
    await leases.release([lease])
    other = worker(kind, database, "worker-2", hands)
    (theirs,) = await other.claim(1)
    await leases.release([lease])
    assert await other.holds(theirs)


async def test_the_last_append_gives_the_lease_back_in_the_same_transaction(store, leases):
    (drive,) = await approve(store)
    (drive.lease,) = await leases.claim(1)
    await store.append(drive.step(requested()))
    before = drive.job
    entry = drive.step(*finished(), release=True)
    await store.append(entry)
    assert not await leases.holds(drive.lease)
    assert await store.append(entry)
    with pytest.raises(Fenced):
        await store.append(Drive(job=before, lease=drive.lease).peek(progressed()))


async def test_a_finished_job_is_never_claimed(store, leases):
    (drive,) = await approve(store)
    await store.append(drive.step(requested(), *finished()))
    assert await leases.claim(10) == []


async def test_a_job_that_waits_is_claimed_when_it_is_due(store, leases, hands: HandClock):
    (drive,) = await approve(store)
    failed = attempt_failed(retry_at=hands.at + timedelta(seconds=30), seconds=30)
    await store.append(drive.step(requested(), failed))
    assert await leases.claim(1) == []
    hands.pass_by(29)
    assert await leases.claim(1) == []
    hands.pass_by(1)
    assert len(await leases.claim(1)) == 1


async def test_a_clock_that_jumps_back_holds_no_timer_longer_than_its_own_length(store, leases, hands: HandClock):
    (drive,) = await approve(store)
    failed = attempt_failed(retry_at=hands.at + timedelta(seconds=30), seconds=30)
    await store.append(drive.step(requested(), failed))
    hands.at -= timedelta(hours=1)
    assert await leases.claim(1) == []
    hands.pass_by(29)
    assert await leases.claim(1) == []
    hands.pass_by(1)
    assert len(await leases.claim(1)) == 1


async def test_a_clock_that_jumps_kills_no_lease(kind, store, leases, database, hands: HandClock):
    await approve(store)
    await leases.claim(1)
    other = worker(kind, database, "worker-2", hands)
    await other.claim(1)
    hands.at += timedelta(hours=1)
    assert await other.claim(1) == []


async def test_nothing_is_claimed_renewed_or_released_for_nothing(leases: Leases):
    assert await leases.claim(0) == []
    assert await leases.renew([]) == []
    await leases.release([])
