"""A job as the command line follows it: whole, without gaps, and over a short absence of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from domain import events as e
from domain.errors import Unavailable
from domain.records import Recorded
from service.cli import following
from service.cli.following import follow
from service.cli.problems import CliError
from tests.service.log_readers.announcing import MemoryStore, life


class FollowedStores:
    """Events in memory, and their versions as in the read model. `away` is how many calls fail."""

    def __init__(self) -> None:
        self.events = self.jobs = self
        self.store = MemoryStore()
        self.away = 0
        self.histories_read = self.figures_read = 0

    async def history(self, job_id: str, *, upto_version: int | None = None) -> tuple[Recorded, ...]:
        self._answer()
        self.histories_read += 1
        return await self.store.history(job_id, upto_version=upto_version)

    async def versions(self, job_ids: Sequence[str]) -> Mapping[str, int]:
        self._answer()
        self.figures_read += 1
        return {recorded.job_id: recorded.version for recorded in self.store.events if recorded.job_id in job_ids}

    def _answer(self) -> None:
        if self.away:
            self.away -= 1
            raise Unavailable("the database is away")


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> FollowedStores:
    monkeypatch.setattr(following, "POLL_SECONDS", 0.001)
    return FollowedStores()


async def test_a_long_history_comes_as_one_state(stores: FollowedStores) -> None:
    """It is read in pages; a page may end with an old state, such as a failure before a retry."""
    *begin, progress, succeeded, stored, done = life()
    stores.store.record("a", *begin, *[progress] * 600, succeeded, stored, done)
    assert [history.job.version async for history in follow(stores, "a")] == [len(stores.store.events)]


async def test_each_change_is_followed_to_the_end_and_a_look_without_one_says_none(stores: FollowedStores) -> None:
    first, *others = life()
    stores.store.record("a", first)
    found = follow(stores, "a")
    assert (await anext(found)).job.version == 1
    assert await anext(found) is None
    stores.store.record("a", *others)
    stores.store.record("b", first)
    history = await anext(found)
    assert (history.job.version, len(history.events), history.job.is_final) == (7, 7, True)
    assert [history async for history in found] == []


async def test_a_job_that_does_not_move_is_looked_at_by_one_figure_most_of_the_time(stores: FollowedStores) -> None:
    stores.store.record("a", life()[0])
    found = follow(stores, "a")
    await anext(found)
    read, looked = stores.histories_read, stores.figures_read
    assert [await anext(found) for _ in range(3)] == [None] * 3
    assert stores.histories_read - read <= 3
    assert stores.figures_read - looked >= 10


async def test_a_job_that_nobody_knows_is_a_problem(stores: FollowedStores) -> None:
    stores.store.record("a", life()[0])
    with pytest.raises(CliError, match="There is no job b"):
        await anext(follow(stores, "b"))


async def test_a_short_absence_of_the_database_is_waited_out(stores: FollowedStores) -> None:
    stores.store.record("a", life()[0])
    found = follow(stores, "a")
    assert (await anext(found)).job.version == 1
    stores.away = 7
    stores.store.record("a", *life()[1:])
    assert isinstance((await anext(found)).events[-1].event, e.VideoCompleted)


async def test_a_database_that_stays_away_ends_it(stores: FollowedStores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "DATABASE_AWAY_SECONDS", 0.05)
    stores.store.record("a", life()[0])
    found = follow(stores, "a")
    await anext(found)
    stores.away = 10**9
    with pytest.raises(Unavailable):
        async for _ in found:
            pass
