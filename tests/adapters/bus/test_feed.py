"""The feed on a real server: windows go right after the end, or not at all."""

from __future__ import annotations

import asyncio

import pytest
from nats.aio.client import Client

from adapters.bus import connection, streams
from adapters.bus.feed import StreamEnd, VideoFeed
from domain.errors import Unavailable, VersionConflict
from service.log_readers.announcements import Announcement
from tests.fixtures.nats import NatsServer


def window(first: int, last: int) -> list[Announcement]:
    return [
        Announcement(
            position=position,
            part=0,
            subject="video.progress",
            body=b"{}",
            headers={"Nats-Msg-Id": f"event-{position}", "Reelwright-Cursor": f"{position}/0"},
        )
        for position in range(first, last + 1)
    ]


@pytest.fixture
async def feed(nats_client: Client) -> VideoFeed:
    await streams.ensure(nats_client.jetstream())
    return VideoFeed(nats_client)


async def test_an_empty_stream_ends_at_zero(feed: VideoFeed) -> None:
    assert await feed.end() == StreamEnd(sequence=0, cursor=None)


async def test_a_window_is_stored_in_order_and_moves_the_end(feed: VideoFeed, nats_client: Client) -> None:
    assert await feed.publish(window(1, 200), expected_sequence=0) == 200
    assert await feed.publish(window(201, 201), expected_sequence=200) == 201
    assert await feed.end() == StreamEnd(sequence=201, cursor=(201, 0))
    js = nats_client.jetstream()
    for sequence in (1, 77, 200, 201):
        assert (await js.get_msg("VIDEO", sequence)).headers["Reelwright-Cursor"] == f"{sequence}/0"


async def test_nothing_to_publish_changes_nothing(feed: VideoFeed) -> None:
    assert await feed.publish([], expected_sequence=0) == 0


@pytest.mark.parametrize("expected", [0, 3, 4, 6])
async def test_a_writer_with_another_end_in_mind_stores_nothing(feed: VideoFeed, expected: int) -> None:
    """Its second message may expect just the sequence where the stream is: it must not be stored without the first."""
    await feed.publish(window(1, 5), expected_sequence=0)
    await feed.end()
    with pytest.raises(VersionConflict):
        await feed.publish(window(6, 20), expected_sequence=expected)
    assert await feed.end() == StreamEnd(sequence=5, cursor=(5, 0))
    assert await feed.publish(window(6, 20), expected_sequence=5) == 20


async def test_the_same_message_again_is_a_conflict(feed: VideoFeed) -> None:
    await feed.publish(window(1, 5), expected_sequence=0)
    with pytest.raises(VersionConflict):
        await feed.publish(window(5, 5), expected_sequence=5)
    assert (await feed.end()).sequence == 5


async def test_a_purged_stream_has_an_end_without_a_cursor(feed: VideoFeed, nats_client: Client) -> None:
    await feed.publish(window(1, 5), expected_sequence=0)
    await nats_client.jetstream().purge_stream("VIDEO")
    assert await feed.end() == StreamEnd(sequence=5, cursor=None)


async def test_a_removed_last_message_leaves_the_cursor_of_the_one_before(feed: VideoFeed, nats_client: Client) -> None:
    await feed.publish(window(1, 5), expected_sequence=0)
    await nats_client.jetstream().delete_msg("VIDEO", 5)
    assert await feed.end() == StreamEnd(sequence=5, cursor=(4, 0))


async def test_messages_of_others_are_passed_over(feed: VideoFeed, nats_client: Client) -> None:
    await feed.publish(window(1, 5), expected_sequence=0)
    for _ in range(3):
        await nats_client.jetstream().publish("video.failed", b"?", headers={"Reelwright-Cursor": "nonsense"})
    assert await feed.end() == StreamEnd(sequence=8, cursor=(5, 0))


async def test_a_missing_stream_is_unavailable(feed: VideoFeed, nats_client: Client) -> None:
    await nats_client.jetstream().delete_stream("VIDEO")
    with pytest.raises(Unavailable):
        await feed.end()
    with pytest.raises(Unavailable):
        await feed.publish(window(1, 2), expected_sequence=0)


async def test_a_lost_server_is_unavailable_at_once_and_the_feed_works_when_it_is_back(nats_server: NatsServer) -> None:
    client = await connection.connect([nats_server.url], name="test", wait_seconds=10)
    try:
        await streams.ensure(client.jetstream())
        feed = VideoFeed(client, ack_seconds=30.0)
        await feed.publish(window(1, 5), expected_sequence=0)
        nats_server.kill()
        async with asyncio.timeout(10):
            with pytest.raises(Unavailable):
                await feed.publish(window(6, 9), expected_sequence=5)
        nats_server.start()
        async with asyncio.timeout(10):
            while not client.is_connected:
                await asyncio.sleep(0.02)
        end = await feed.end()
        assert end.cursor == (end.sequence, 0)
        assert await feed.publish(window(end.sequence + 1, 20), expected_sequence=end.sequence) == 20
    finally:
        await connection.close(client)


async def test_a_question_is_given_up_with_its_connection(nats_server: NatsServer) -> None:
    """A server was restarted between this question and its answer: for five seconds nothing was announced."""
    client = await connection.connect([nats_server.url], name="test", wait_seconds=10)
    try:
        await streams.ensure(client.jetstream())
        feed = VideoFeed(client, ack_seconds=60.0)
        nats_server.freeze()
        asked = asyncio.create_task(feed.end())
        await asyncio.wait({asked}, timeout=0.5)
        assert not asked.done()
        nats_server.kill()
        nats_server.start()
        async with asyncio.timeout(20):
            with pytest.raises(Unavailable):
                await asked
    finally:
        await connection.close(client)
