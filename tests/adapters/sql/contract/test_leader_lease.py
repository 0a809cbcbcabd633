"""One process at a time announces."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from service.log_readers.reader import Leadership
from tests.adapters.sql.contract.kinds import Kind


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lease(kind: Kind, database, clock: Clock) -> Callable[[str], Leadership]:
    """Return what makes the lease of a process of that name."""
    return lambda owner: kind.leader_lease(database, "relay", owner=owner, lease_seconds=4.0, monotonic=clock)


async def test_one_of_two_leads_and_keeps_it(lease, clock: Clock) -> None:
    first, second = lease("first"), lease("second")
    assert await first.holds()
    for _ in range(10):
        clock.at += 1.5
        assert await first.holds()
        assert not await second.holds()


async def test_a_lead_that_was_given_up_is_taken_at_once(lease, clock: Clock) -> None:
    first, second = lease("first"), lease("second")
    await first.holds()
    await first.step_down()
    assert await second.holds()


async def test_the_lead_of_a_dead_holder_is_taken_after_its_lease(lease, clock: Clock) -> None:
    first, second = lease("first"), lease("second")
    await first.holds()
    assert not await second.holds()
    clock.at += 2.0
    assert not await second.holds()
    clock.at += 2.0
    assert await second.holds()
    assert not await first.holds()
