"""The live stream: every event once and in order, from any position on."""

from __future__ import annotations

import asyncio

import pytest

from domain import commands as c
from service.api import stream, ticker
from tests.service.api.house import finished, problem, progressed, requested
from tests.service.api.listening import listening


async def ids(listener, count):
    return [heard.id for heard in await listener.take(count)]


async def test_what_happens_is_told_as_it_happens(house):
    async with listening(house.url) as listener:
        await house.approve()
        await house.given("a", requested(), progressed(40))
        heard = await listener.take(3)
    assert [(one.id, one.event) for one in heard] == [
        (1, "StoryboardApproved"),
        (2, "RenderRequested"),
        (3, "RenderProgressed"),
    ]
    assert heard[2].data["percent"] == 40
    assert heard[2].data["sequence"] == 3
    assert heard[2].data["position"] == 3


async def test_each_event_carries_the_job_as_the_list_shows_it_then(house):
    async with listening(house.url) as listener:
        await house.approve()
        (heard,) = await listener.take(1)
    (listed,) = (await house.client.get("/api/jobs")).json()["jobs"]
    assert heard.data["job"] == listed


async def test_a_new_reader_hears_only_what_is_new_and_knows_where_it_began(house):
    await house.approve("a")
    async with listening(house.url) as listener:
        await house.approve("b")
        heard = await listener.next()
    assert (heard.id, heard.data["job_id"]) == (2, "b")


async def test_a_reader_that_returns_hears_exactly_what_it_missed(house):
    for job_id in ("a", "b", "c"):
        await house.approve(job_id)
    async with listening(house.url, last_id=1) as listener:
        assert await ids(listener, 2) == [2, 3]
        await house.approve("d")
        assert await ids(listener, 1) == [4]


async def test_a_stream_may_begin_behind_a_position_and_the_last_id_wins(house):
    for job_id in ("a", "b", "c"):
        await house.approve(job_id)
    async with listening(house.url, query="?after=0") as listener:
        assert await ids(listener, 3) == [1, 2, 3]
    async with listening(house.url, query="?after=0", last_id=2) as listener:
        assert await ids(listener, 1) == [3]


async def test_a_return_over_many_pages_misses_and_repeats_nothing(house, monkeypatch):
    monkeypatch.setattr(stream, "PAGE", 7)
    monkeypatch.setattr(ticker, "WINDOW_FRAMES", 10)
    await house.approve()
    await house.given("a", requested(), *(progressed(percent) for percent in range(5, 96, 5)))
    async with listening(house.url, last_id=0) as listener:
        assert await ids(listener, 21) == list(range(1, 22))


async def test_events_that_are_stored_while_a_reader_catches_up_come_once(house, monkeypatch):
    monkeypatch.setattr(stream, "PAGE", 3)
    monkeypatch.setattr(ticker, "WINDOW_FRAMES", 3)
    for number in range(20):
        await house.approve(f"before-{number}")

    async def go_on():
        for number in range(20):
            await house.approve(f"while-{number}")

    async with listening(house.url, last_id=0) as listener:
        writing = asyncio.create_task(go_on())
        seen = []
        while not seen or seen[-1] < 40:
            heard = await listener.next()
            assert heard.event == "StoryboardApproved"
            seen.append(heard.id)
        await writing
    assert seen == list(range(1, 41))


async def test_one_job_can_be_followed_alone_however_long_ago_it_began(house):
    await house.approve("a")
    for number in range(5):
        await house.approve(f"other-{number}")
    await house.given("a", requested())
    async with listening(house.url, query="?job_id=a", last_id=0) as listener:
        assert await ids(listener, 2) == [1, 7]
        await house.approve("b")
        await house.given("a", progressed(40))
        heard = await listener.next()
    assert (heard.id, heard.data["job"]["progress"]["percent"]) == (9, 40)
    async with listening(house.url, query="?job_id=a", last_id=1) as listener:
        assert await ids(listener, 2) == [7, 9]


async def test_a_position_that_the_log_does_not_have_yet_gets_a_snapshot(house):
    """The store was replaced by an older backup: the reader must not wait until its old position comes again."""
    await house.approve()
    async with listening(house.url, last_id=99) as listener:
        heard = await listener.next()
        assert (heard.event, heard.id) == ("snapshot", 1)
        assert [job["job_id"] for job in heard.data["jobs"]] == ["a"]
        assert heard.data["counts"] == {"approved": 1}
        await house.approve("b")
        assert await ids(listener, 1) == [2]


async def test_a_reader_that_was_away_too_long_gets_a_snapshot(house, monkeypatch):
    monkeypatch.setattr(stream, "MOST_RESUMED", 2)
    for job_id in ("a", "b", "c"):
        await house.approve(job_id)
    async with listening(house.url, last_id=0) as listener:
        assert (await listener.next()).event == "snapshot"
    async with listening(house.url, last_id=0, query="?job_id=a") as listener:
        assert (await listener.next()).event == "StoryboardApproved"


async def test_a_reader_that_does_not_keep_up_gets_a_snapshot_instead_of_a_backlog(house, monkeypatch):
    monkeypatch.setattr(ticker, "WINDOW_FRAMES", 5)
    # A frame with a long message fills what the kernel and the server hold back for a reader that does not read.
    monkeypatch.setattr(stream, "CHUNK_BYTES", 1)
    count = 600
    async with listening(house.url) as listener:
        for number in range(count):
            await house.parts.ledger.order(
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


async def test_a_quiet_stream_sends_comments(house, monkeypatch):
    monkeypatch.setattr(stream, "COMMENT_SECONDS", 0.05)
    async with listening(house.url) as listener:
        async with asyncio.timeout(5):
            async for line in listener._lines:
                if line.startswith(":"):
                    break


async def test_final_news_say_how_it_ended(house):
    async with listening(house.url) as listener:
        await house.approve()
        await house.given("a", *finished("a", video=b"x" * 2000, sha256="0" * 64))
        heard = (await listener.take(5))[-1]
    assert (heard.event, heard.data["status"]) == ("VideoCompleted", "completed")
    assert heard.data["job"]["video_url"] == "/api/videos/a/data"


async def test_streams_end_when_the_service_stops(house):
    async with listening(house.url) as listener:
        house.parts.stopping.set()
        with pytest.raises(EOFError):
            await listener.next()
    problem(await house.client.get("/api/stream"), 503, "unavailable")


async def test_a_reader_that_leaves_gives_up_its_place(house):
    for _ in range(3):
        async with listening(house.url) as listener:
            await house.approve(f"job-{_}")
            await listener.next()
    async with asyncio.timeout(5):
        while "reelwright_http_streams 0.0" not in (await house.client.get("/metrics")).text:
            await asyncio.sleep(0.01)


async def test_there_is_an_end_to_how_many_streams_are_open(house, monkeypatch):
    monkeypatch.setattr(stream, "MOST_STREAMS", 1)
    async with listening(house.url):
        problem(await house.client.get("/api/stream"), 503, "too_many_streams")


async def test_a_place_that_is_none_is_refused(house):
    for path, headers in (
        ("/api/stream?after=x", {}),
        ("/api/stream?after=-1", {}),
        ("/api/stream?job_id=..", {}),
        ("/api/stream", {"Last-Event-ID": "x"}),
        ("/api/stream", {"Last-Event-ID": "9" * 30}),
    ):
        problem(await house.client.get(path, headers=headers), 422, "invalid_parameter")
