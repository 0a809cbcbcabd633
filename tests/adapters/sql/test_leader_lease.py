"""One process at a time announces."""

from __future__ import annotations

import pytest

from adapters.sql.database import Database
from adapters.sql.work.leader_lease import SqlLeaderLease


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def lease(database: Database, owner: str, clock: Clock) -> SqlLeaderLease:
    return SqlLeaderLease(database, "relay", owner=owner, lease_seconds=4.0, monotonic=clock)


async def test_one_of_two_leads_and_keeps_it(database: Database, clock: Clock) -> None:
    first, second = lease(database, "first", clock), lease(database, "second", clock)
    assert await first.holds()
    for _ in range(10):
        clock.at += 1.5
        assert await first.holds()
        assert not await second.holds()


async def test_a_lead_that_was_given_up_is_taken_at_once(database: Database, clock: Clock) -> None:
    first, second = lease(database, "first", clock), lease(database, "second", clock)
    await first.holds()
    await first.step_down()
    assert await second.holds()


async def test_the_lead_of_a_dead_holder_is_taken_after_its_lease(database: Database, clock: Clock) -> None:
    first, second = lease(database, "first", clock), lease(database, "second", clock)
    await first.holds()
    assert not await second.holds()
    clock.at += 2.0
    assert not await second.holds()
    clock.at += 2.0
    assert await second.holds()
    assert not await first.holds()
