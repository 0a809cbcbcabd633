"""When the database was restored, and which jobs workers go on with then."""

from __future__ import annotations

from datetime import timedelta

from tests.adapters.sql.drives import START, Drive, approved, finished, requested


async def test_the_last_restore_is_remembered_with_the_position_that_it_had(kind, database, store):
    restores = kind.restores(database)
    assert await restores.last() is None
    assert await restores.mark(START, how="a copy") == 0
    await store.append(Drive().step(approved()))
    later = START + timedelta(hours=1)
    assert await restores.mark(later, how="another copy") == 1
    assert await restores.mark(START, how="a copy") == 1
    assert await restores.last() == later


async def test_jobs_that_have_not_ended_are_counted_and_named_oldest_first(kind, database, store):
    drives = [Drive() for _ in range(3)]
    for drive in drives:
        await store.append(drive.step(approved()))
    await store.append(drives[0].step(requested(), *finished()))
    restores = kind.restores(database)
    assert await restores.unfinished() == 2
    assert await restores.unfinished_ids(limit=9) == [drives[1].job_id, drives[2].job_id]
    assert await restores.unfinished_ids(limit=1) == [drives[1].job_id]
