"""What a restored database says of itself: where it ends, which events it has, and when its jobs changed last."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.sql.database import Database
from adapters.sql.history.restores import SqlRestores
from tests.adapters.sql.drives import Drive, approved, requested
from tests.adapters.sql.exports import some_lives


async def test_an_empty_database_ended_long_ago(database: Database) -> None:
    end = await SqlRestores(database).end()
    assert (end.position, end.recorded_at) == (0, datetime(1970, 1, 1, tzinfo=UTC))


async def test_it_ends_with_its_last_event(database, store) -> None:
    drives = await some_lives(store)
    last = (await store.history(drives[2].job_id))[-1]
    end = await SqlRestores(database).end()
    assert (end.position, end.recorded_at) == (12, last.recorded_at)


async def test_events_that_it_has_are_told_from_those_that_it_has_not(database, store) -> None:
    (recorded,) = await store.append(Drive().step(approved()))
    assert await SqlRestores(database).stored_among([recorded.event_id, "unknown"]) == {recorded.event_id}
    assert await SqlRestores(database).stored_among([]) == frozenset()


async def test_the_last_change_of_a_job_is_that_of_its_newest_event(database, store, hands) -> None:
    drive = Drive()
    await store.append(drive.step(approved()))
    hands.pass_by(60)
    *_, last = await store.append(drive.step(requested()))
    assert await SqlRestores(database).updated_at([drive.job_id, "unknown"]) == {drive.job_id: last.recorded_at}
