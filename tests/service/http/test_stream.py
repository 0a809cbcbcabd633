"""The live stream: every event once and in order, from any position on."""

from __future__ import annotations

import asyncio

import pytest

from domain import commands as c
from service.http import live_window
from service.http.api import stream
from service.log_readers import reader
from tests.service.http.harness import finished, problem, progressed, requested
from tests.service.http.listening import listening


async def ids(listener, count):
    return [heard.id for heard in await listener.take(count)]


async def test_what_happens_is_told_as_it_happens(harness):
    async with listening(harness.url) as listener:
        await harness.approve()
        await harness.given("a", requested(), progressed(40))
        heard = await listener.take(3)
    assert [(one.id, one.event) for one in heard] == [
        (1, "StoryboardApproved"),
        (2, "RenderRequested"),
        (3, "RenderProgressed"),
    ]
    assert heard[2].data["percent"] == 40
    assert heard[2].data["sequence"] == 3
    assert heard[2].data["position"] == 3


async def test_each_event_carries_the_job_as_the_list_shows_it_then(harness):
    async with listening(harness.url) as listener:
        await harness.approve()
        (heard,) = await listener.take(1)
    (listed,) = (await harness.client.get("/api/jobs")).json()["jobs"]
    assert heard.data["job"] == listed


async def test_a_new_reader_hears_only_what_is_new_and_knows_where_it_began(harness):
    await harness.approve("a")
    async with listening(harness.url) as listener:
        await harness.approve("b")
        heard = await listener.next()
    assert (heard.id, heard.data["job_id"]) == (2, "b")


async def test_a_reader_that_returns_hears_exactly_what_it_missed(harness):
    for job_id in ("a", "b", "c"):
        await harness.approve(job_id)
    async with listening(harness.url, last_id=1) as listener:
        assert await ids(listener, 2) == [2, 3]
        await harness.approve("d")
        assert await ids(listener, 1) == [4]


async def test_a_stream_may_begin_behind_a_position_and_the_last_id_wins(harness):
    for job_id in ("a", "b", "c"):
        await harness.approve(job_id)
    async with listening(harness.url, query="?after=0") as listener:
        assert await ids(listener, 3) == [1, 2, 3]
    async with listening(harness.url, query="?after=0", last_id=2) as listener:
        assert await ids(listener, 1) == [3]


async def test_a_return_over_many_pages_misses_and_repeats_nothing(harness, monkeypatch):
    monkeypatch.setattr(reader, "PAGE_EVENTS", 7)
    monkeypatch.setattr(live_window, "WINDOW_FRAMES", 10)
    await harness.approve()
    await harness.given("a", requested(), *(progressed(percent) for percent in range(5, 96, 5)))
    async with listening(harness.url, last_id=0) as listener:
        assert await ids(listener, 21) == list(range(1, 22))


async def test_events_that_are_stored_while_a_reader_catches_up_come_once(harness, monkeypatch):
    monkeypatch.setattr(reader, "PAGE_EVENTS", 3)
    monkeypatch.setattr(live_window, "WINDOW_FRAMES", 3)
    for number in range(20):
        await harness.approve(f"before-{number}")

    async def go_on():
        for number in range(20):
            await harness.approve(f"while-{number}")

    async with listening(harness.url, last_id=0) as listener:
        writing = asyncio.create_task(go_on())
        seen = []
        while not seen or seen[-1] < 40:
            heard = await listener.next()
            assert heard.event == "StoryboardApproved"
            seen.append(heard.id)
        await writing
    assert seen == list(range(1, 41))


async def test_one_job_can_be_followed_alone_however_long_ago_it_began(harness):
    await harness.approve("a")
    for number in range(5):
        await harness.approve(f"other-{number}")
    await harness.given("a", requested())
    async with listening(harness.url, query="?job_id=a", last_id=0) as listener:
        assert await ids(listener, 2) == [1, 7]
        await harness.approve("b")
        await harness.given("a", progressed(40))
        heard = await listener.next()
    assert (heard.id, heard.data["job"]["progress"]["percent"]) == (9, 40)
    async with listening(harness.url, query="?job_id=a", last_id=1) as listener:
        assert await ids(listener, 2) == [7, 9]


async def test_a_position_that_the_log_does_not_have_yet_gets_a_snapshot(harness):
    """The store was replaced by an older backup: the reader must not wait until its old position comes again."""
    await harness.approve()
    async with listening(harness.url, last_id=99) as listener:
        heard = await listener.next()
        assert (heard.event, heard.id) == ("snapshot", 1)
        assert [job["job_id"] for job in heard.data["jobs"]] == ["a"]
        assert heard.data["counts"] == {"approved": 1}
        await harness.approve("b")
        assert await ids(listener, 1) == [2]


async def test_a_reader_that_was_away_too_long_gets_a_snapshot(harness, monkeypatch):
    monkeypatch.setattr(stream, "MOST_RESUMED", 2)
    for job_id in ("a", "b", "c"):
        await harness.approve(job_id)
    async with listening(harness.url, last_id=0) as listener:
        assert (await listener.next()).event == "snapshot"
    async with listening(harness.url, last_id=0, query="?job_id=a") as listener:
        assert (await listener.next()).event == "StoryboardApproved"


async def test_a_reader_that_does_not_keep_up_gets_a_snapshot_instead_of_a_backlog(harness, monkeypatch):
    monkeypatch.setattr(live_window, "WINDOW_FRAMES", 5)
    # A frame with a long message fills what the kernel and the server hold back for a reader that does not read.
    monkeypatch.setattr(stream, "CHUNK_BYTES", 1)
    count = 600
    async with listening(harness.url) as listener:
        for number in range(count):
            await harness.repository.execute(
                f"slow-{number}", c.RefuseStoryboard(reason="x" * 3999, received="", received_hash="0")
            )
        seen, events = [], []
        while not seen or seen[-1] < count:
            heard = await listener.next()
            seen.append(heard.id)
            events.append(heard.event)
    assert "snapshot" in events
    assert seen == sorted(set(seen))
    assert len(seen) < count


async def test_a_quiet_stream_sends_comments(harness, monkeypatch):
    monkeypatch.setattr(stream, "COMMENT_SECONDS", 0.05)
    async with listening(harness.url) as listener:
        async with asyncio.timeout(5):
            async for line in listener._lines:
                if line.startswith(":"):
                    break


async def test_final_news_say_how_it_ended(harness):
    async with listening(harness.url) as listener:
        await harness.approve()
        await harness.given("a", *finished("a", video=b"x" * 2000, sha256="0" * 64))
        heard = (await listener.take(5))[-1]
    assert (heard.event, heard.data["status"]) == ("VideoCompleted", "completed")
    assert heard.data["job"]["video_url"] == "/api/videos/a/data"


async def test_streams_end_when_the_service_stops(harness):
    async with listening(harness.url) as listener:
        harness.dependencies.stopping.set()
        with pytest.raises(EOFError):
            await listener.next()
    problem(await harness.client.get("/api/stream"), 503, "unavailable")


async def test_a_reader_that_leaves_gives_up_its_place(harness):
    for _ in range(3):
        async with listening(harness.url) as listener:
            await harness.approve(f"job-{_}")
            await listener.next()
    async with asyncio.timeout(5):
        while "reelwright_http_streams 0.0" not in (await harness.client.get("/metrics")).text:
            await asyncio.sleep(0.01)


async def test_there_is_an_end_to_how_many_streams_are_open(harness, monkeypatch):
    monkeypatch.setattr(stream, "MOST_STREAMS", 1)
    async with listening(harness.url):
        problem(await harness.client.get("/api/stream"), 503, "too_many_streams")


async def test_a_place_that_is_none_is_refused(harness):
    for path, headers in (
        ("/api/stream?after=x", {}),
        ("/api/stream?after=-1", {}),
        ("/api/stream?job_id=..", {}),
        ("/api/stream", {"Last-Event-ID": "x"}),
        ("/api/stream", {"Last-Event-ID": "9" * 30}),
    ):
        problem(await harness.client.get(path, headers=headers), 422, "invalid_parameter")
