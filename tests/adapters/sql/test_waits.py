"""Why a job in hand stands still: told while its worker has the lease, and not a moment longer."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from adapters.sql.tables import WAITS
from adapters.sql.work.waiting_for import LONGEST_REASON, SqlWaits
from tests.adapters.sql.conftest import worker
from tests.adapters.sql.drives import Drive, approved


@pytest.fixture
async def claimed(store, leases):
    """Return a job in hand and its lease."""
    drive = Drive()
    await store.append(drive.step(approved()))
    (lease,) = await leases.claim(1)
    return drive.job_id, lease


async def test_the_newest_reason_is_told_until_the_job_goes_on(database, claimed):
    waits, (job_id, lease) = SqlWaits(database), claimed
    assert await waits.reasons([job_id, "nobody"]) == {}
    await waits.note(lease, "the provider is away")
    await waits.note(lease, "the disk is full")
    assert await waits.reasons([job_id, "nobody"]) == {job_id: "the disk is full"}
    await waits.clear(lease)
    await waits.clear(lease)
    assert await waits.reasons([job_id]) == {}
    assert await waits.reasons([]) == {}


async def test_a_reason_ends_with_its_lease(database, leases, claimed):
    waits, (job_id, lease) = SqlWaits(database), claimed
    await waits.note(lease, "the provider is away")
    await leases.release([lease])
    assert await waits.reasons([job_id]) == {}
    await leases.claim(1)
    assert await waits.reasons([job_id]) == {}


async def test_a_worker_that_lost_the_job_does_not_overwrite_what_the_next_one_says(database, hands, leases, claimed):
    waits, (job_id, lease) = SqlWaits(database), claimed
    other = worker(database, "worker-2", hands)
    await other.claim(1)
    hands.pass_by(11)
    (taken,) = await other.claim(1)
    await waits.note(taken, "mine")
    await waits.note(lease, "late")
    await waits.clear(lease)
    assert await waits.reasons([job_id]) == {job_id: "mine"}


async def test_what_dead_workers_left_behind_is_removed(database, store, leases, claimed):
    waits, (_, lease) = SqlWaits(database), claimed
    await waits.note(lease, "its worker was killed")
    await leases.release([lease])
    drive = Drive()
    await store.append(drive.step(approved()))
    other = next(one for one in await leases.claim(2) if one.job_id == drive.job_id)
    await waits.note(other, "the provider is away")
    await waits.clear(other)
    count = sa.select(sa.func.count()).select_from(WAITS)
    assert await database.read(lambda connection: connection.execute(count).scalar()) == 0


async def test_a_long_reason_is_cut_and_what_no_database_takes_is_left_out(database, claimed):
    waits, (job_id, lease) = SqlWaits(database), claimed
    await waits.note(lease, "a\0b" + "x" * 1000)
    assert await waits.reasons([job_id]) == {job_id: "ab" + "x" * (LONGEST_REASON - 2)}
    await waits.note(lease, "a lone \ud800")
    assert await waits.reasons([job_id]) == {job_id: "a lone ?"}
