"""A reader of the log: pages in order, each event with its job, from wherever the reader begins."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain import events as e
from domain.errors import IllegalMove
from service.jobs.folding import FoldedJobs
from service.log_readers import reader as reading
from service.log_readers.log_signal import LogSignal
from service.log_readers.reader import JobLog, LogPage, LogReader
from tests.service.log_readers.announcing import START, MemoryStore, approved, fill, life, requested


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class Lead:
    ours = False

    async def holds(self) -> bool:
        return self.ours


class Follower:
    """What is read by a reader that remembers its own position, as a list of positions; None where it had to wait."""

    def __init__(self, reader: LogReader, *, begin: int = 0) -> None:
        self.begin = begin
        self._pages = reader.follow(self._begin)

    async def _begin(self) -> int:
        return self.begin

    async def next(self) -> list[int] | None:
        async with asyncio.timeout(10):
            page = await anext(self._pages)
        if page is None:
            return None
        self.begin = page.position
        return positions(page)


def positions(page: LogPage) -> list[int]:
    return [event.recorded.position for event in page.events]


async def test_each_event_comes_with_its_job_right_after_it_and_when_that_began(store: MemoryStore) -> None:
    store.record("a", approved(), at=START)
    store.record("b", approved(), at=START + timedelta(hours=1))
    store.record("a", requested(), at=START + timedelta(hours=2))
    [page] = [page async for page in LogReader("test", store).pages()]
    assert [(event.job.job_id, event.job.version, str(event.job.status)) for event in page.events] == [
        ("a", 1, "approved"),
        ("b", 1, "approved"),
        ("a", 2, "rendering"),
    ]
    assert [event.created_at - START for event in page.events] == [timedelta(0), timedelta(hours=1), timedelta(0)]


async def test_a_job_that_was_forgotten_meanwhile_is_loaded_again(store: MemoryStore) -> None:
    fill(store, 8)
    jobs = FoldedJobs(store, most_jobs=2)
    for recorded in store.events:
        event = await jobs.after(recorded)
        assert (event.job.job_id, event.job.version) == (recorded.job_id, recorded.version)
        assert event.created_at == START


async def test_pages_are_bounded_and_end_with_the_log(store: MemoryStore) -> None:
    fill(store, 2)
    reader = LogReader("test", store)
    reader.page_events = 4
    assert [positions(page) async for page in reader.pages(after=3)] == [[4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14]]
    assert [page async for page in reader.pages(after=14)] == []


async def test_pages_end_before_the_first_event_that_is_not_wanted(store: MemoryStore) -> None:
    """Nothing behind it is folded: a fault in later events does not hide the state before them."""
    store.record("a", approved(), requested())
    store.record("b", requested())
    pages = LogReader("test", store).pages(stop=lambda recorded: recorded.position > 2)
    assert [positions(page) async for page in pages] == [[1, 2]]


async def test_the_log_of_one_job_holds_its_events_alone(store: MemoryStore) -> None:
    fill(store, 8)
    reader = LogReader("test", JobLog(store, "job-3"))
    reader.page_events = 4
    pages = [page async for page in reader.pages(after=3)]
    assert [positions(page) for page in pages] == [[11, 19, 27, 35], [43, 51]]
    assert {event.job.job_id for page in pages for event in page.events} == {"job-3"}


async def test_an_event_that_cannot_be_folded_stops_the_reader(store: MemoryStore) -> None:
    store.record("a", e.RenderAccepted(attempt=1, render_id="r"))
    with pytest.raises(IllegalMove):
        await LogReader("test", store).page(after=0)


async def test_where_it_may_be_skipped_the_reader_goes_on_behind_it(store: MemoryStore) -> None:
    store.record("a", e.RenderAccepted(attempt=1, render_id="r"))
    reader = LogReader("test", store, skips_illegal=True)
    page = await reader.page(after=0)
    assert (positions(page), page.position) == ([], 1)
    store.record("b", approved())
    assert positions(await reader.page(after=page.position)) == [2]


async def test_a_follower_reads_on_as_soon_as_the_signal_comes(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.log_readers.log_signal.LOOK_AGAIN_SECONDS", 60.0)
    signal = LogSignal(lambda: asyncio.sleep(0, 0))
    store.record("a", approved())
    follower = Follower(LogReader("test", store, wait=signal.wait))
    assert await follower.next() == [1]
    assert await follower.next() is None
    coming = asyncio.create_task(follower.next())
    store.record("a", requested())
    signal.notify(2)
    assert await coming == [2]


async def test_without_a_signal_it_looks_again_after_a_while(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "POLL_SECONDS", 0.01)
    follower = Follower(LogReader("test", store))
    assert await follower.next() is None
    store.record("a", approved())
    assert await follower.next() == [1]


async def test_where_to_begin_is_asked_again_after_every_wait(store: MemoryStore) -> None:
    """Another process may have done the work meanwhile, or undone it."""
    fill(store, 1)
    follower = Follower(LogReader("test", store, wait=lambda _: asyncio.sleep(0)), begin=6)
    assert await follower.next() == [7]
    assert await follower.next() is None
    follower.begin = 4
    assert await follower.next() == [5, 6, 7]


async def test_where_to_begin_is_asked_again_now_and_then_while_there_is_more(store: MemoryStore) -> None:
    fill(store, 10)
    reader = LogReader("test", store)
    reader.page_events = 1
    follower = Follower(reader)
    for position in range(1, reading.PAGES_IN_A_ROUND + 1):
        assert await follower.next() == [position]
    follower.begin = 10
    assert await follower.next() == [11]


async def test_while_another_process_leads_nothing_is_read(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "POLL_SECONDS", 0.01)
    store.record("a", *life())
    lead = Lead()
    reader = LogReader("test", store, leadership=lead)
    reader.page_events = 2
    follower = Follower(reader)
    assert [await follower.next(), await follower.next()] == [None, None]
    lead.ours = True
    assert await follower.next() == [1, 2]


async def test_the_next_event_is_looked_at_without_folding(store: MemoryStore) -> None:
    store.record("a", e.RenderAccepted(attempt=1, render_id="r"))
    reader = LogReader("test", store)
    assert await reader.next_event(after=0) == store.events[0]
    assert await reader.next_event(after=1) is None
