"""Why a job in hand waits: told while its worker has the lease, and not a moment longer."""

from __future__ import annotations

import pytest

from adapters.sql.work.waiting_for import LONGEST_REASON
from tests.adapters.sql.contract.kinds import worker
from tests.adapters.sql.drives import Drive, approved


@pytest.fixture
async def claimed(store, leases):
    """Return a job in hand and its lease."""
    drive = Drive()
    await store.append(drive.step(approved()))
    (lease,) = await leases.claim(1)
    return drive.job_id, lease


async def test_the_newest_reason_is_told_until_the_job_goes_on(kind, database, claimed):
    waiting_for, (job_id, lease) = kind.waiting_for(database), claimed
    assert await waiting_for.of([job_id, "nobody"]) == {}
    await waiting_for.set(lease, "the provider is away")
    await waiting_for.set(lease, "the disk is full")
    assert await waiting_for.of([job_id, "nobody"]) == {job_id: "the disk is full"}
    await waiting_for.clear(lease)
    await waiting_for.clear(lease)
    assert await waiting_for.of([job_id]) == {}
    assert await waiting_for.of([]) == {}


async def test_a_reason_ends_with_its_lease(kind, database, leases, claimed):
    waiting_for, (job_id, lease) = kind.waiting_for(database), claimed
    await waiting_for.set(lease, "the provider is away")
    await leases.release([lease])
    assert await waiting_for.of([job_id]) == {}
    await leases.claim(1)
    assert await waiting_for.of([job_id]) == {}


async def test_a_worker_that_lost_the_job_does_not_overwrite_what_the_next_one_says(
    kind, database, hands, leases, claimed
):
    waiting_for, (job_id, lease) = kind.waiting_for(database), claimed
    other = worker(kind, database, "worker-2", hands)
    await other.claim(1)
    hands.pass_by(11)
    (taken,) = await other.claim(1)
    await waiting_for.set(taken, "mine")
    await waiting_for.set(lease, "late")
    await waiting_for.clear(lease)
    assert await waiting_for.of([job_id]) == {job_id: "mine"}


async def test_what_dead_workers_left_behind_is_removed(kind, database, store, leases, claimed):
    waiting_for, (_, lease) = kind.waiting_for(database), claimed
    await waiting_for.set(lease, "its worker was killed")
    await leases.release([lease])
    drive = Drive()
    await store.append(drive.step(approved()))
    other = next(one for one in await leases.claim(2) if one.job_id == drive.job_id)
    await waiting_for.set(other, "the provider is away")
    await waiting_for.clear(other)
    assert await kind.stored_reasons(database) == 0


async def test_a_long_reason_is_cut_and_what_no_database_takes_is_left_out(kind, database, claimed):
    waiting_for, (job_id, lease) = kind.waiting_for(database), claimed
    await waiting_for.set(lease, "a\0b" + "x" * 1000)
    assert await waiting_for.of([job_id]) == {job_id: "ab" + "x" * (LONGEST_REASON - 2)}
    await waiting_for.set(lease, "a lone \ud800")
    assert await waiting_for.of([job_id]) == {job_id: "a lone ?"}
