"""Under which time events are stored while the clocks of the writers differ.

A worker whose clock was a day ahead once stored one event: for a day, each event of each worker got tomorrow's time.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from adapters.sql.database import Database
from adapters.sql.log.event_store import SqlEventStore
from domain.records import Recorded
from tests.adapters.sql.drives import Drive, approved
from tests.fixtures.postgres import Databases

DAY = timedelta(days=1)
SOON = timedelta(minutes=1)


@pytest.fixture
async def shared(postgres: Databases):
    """A PostgreSQL database, which has a clock of its own."""
    url = await postgres.fresh()
    opened = Database(url)
    yield opened
    await opened.close()
    await postgres.drop(url)


class WrongClock:
    """The time of this machine, with a mistake."""

    def __init__(self, mistake: timedelta = timedelta()) -> None:
        self.mistake = mistake

    def now(self) -> datetime:
        return datetime.now(UTC) + self.mistake


@asynccontextmanager
async def writer(database: Database, clock: WrongClock, *, tolerance_seconds: float | None = 5.0):
    store = SqlEventStore(database, now=clock.now, clock_tolerance_seconds=tolerance_seconds)
    await store.start()
    yield store
    await store.close()


async def stored(store: SqlEventStore) -> Recorded:
    (recorded,) = await store.append(Drive().step(approved()))
    return recorded


def is_of_now(recorded: Recorded) -> bool:
    return abs(recorded.recorded_at - datetime.now(UTC)) < SOON


@pytest.mark.parametrize("mistake", [DAY, -DAY], ids=["ahead", "behind"])
async def test_a_worker_whose_clock_is_a_day_off_stores_the_time_of_the_database_and_says_so_once(shared, mistake):
    with capture_logs() as logs:
        async with writer(shared, WrongClock(mistake)) as wrong, writer(shared, WrongClock()) as right:
            for store in (wrong, right, wrong, right):
                assert is_of_now(await stored(store))
    (said,) = (line for line in logs if line["event"] == "clock_differs")
    assert said["log_level"] == "error"
    assert said["ahead_seconds"] == pytest.approx(mistake.total_seconds(), abs=SOON.total_seconds())


async def test_a_clock_that_is_set_wrong_while_the_worker_runs_is_noticed_at_the_next_write(shared):
    clock = WrongClock()
    async with writer(shared, clock) as store:
        await stored(store)
        clock.mistake = DAY
        assert is_of_now(await stored(store))
        clock.mistake = timedelta()
        assert is_of_now(await stored(store))


async def test_a_small_difference_is_kept_and_not_said(shared):
    with capture_logs() as logs:
        async with writer(shared, WrongClock(timedelta(seconds=3))) as store:
            recorded = await stored(store)
    assert recorded.recorded_at > datetime.now(UTC) + timedelta(seconds=1)
    assert logs == []


async def test_a_log_that_is_ahead_of_time_is_said_once_and_goes_on(database):
    async with writer(database, WrongClock(DAY), tolerance_seconds=None) as wrong:
        ahead = await stored(wrong)
    with capture_logs() as logs:
        async with writer(database, WrongClock()) as first, writer(database, WrongClock()) as second:
            for store in (first, second, first):
                assert (await stored(store)).recorded_at == ahead.recorded_at
    said = [line for line in logs if line["event"] == "log_ahead_of_time"]
    assert len(said) == 2
    assert all(line["seconds"] > DAY.total_seconds() - SOON.total_seconds() for line in said)
