"""Windows as atomic batches on a real server: all of a window right after the end, or nothing of it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter

import pytest
from nats.aio.client import Client

from adapters.bus import connection, streams
from adapters.bus.envelopes import FEWEST_IN_A_BATCH
from adapters.bus.feed import StreamEnd, VideoFeed
from domain.errors import Unavailable, VersionConflict
from tests.adapters.bus.test_feed import window
from tests.fixtures.nats import NatsServer

SIZE = 4 * FEWEST_IN_A_BATCH
LARGE = 25 * FEWEST_IN_A_BATCH
CUT = 5


async def open_feed(client: Client, *, allow_atomic: bool = True) -> VideoFeed:
    js = client.jetstream()
    await streams.ensure(js)
    if not allow_atomic:
        await js.update_stream((await js.stream_info("VIDEO")).config.evolve(allow_atomic=False))
    feed = VideoFeed(client)
    await feed.end()
    return feed


async def batches(client: Client) -> Counter[str | None]:
    """How many messages of each batch the stream holds; None for those that came by themselves."""
    js = client.jetstream()
    last = (await js.stream_info("VIDEO")).state.last_seq
    messages = [await js.get_msg("VIDEO", sequence) for sequence in range(1, last + 1)]
    assert [message.headers["Reelwright-Cursor"] for message in messages] == [f"{n}/0" for n in range(1, last + 1)]
    return Counter((message.headers or {}).get("Nats-Batch-Id") for message in messages)


async def test_a_window_goes_as_one_batch_and_a_small_one_message_by_message(nats_client: Client) -> None:
    feed = await open_feed(nats_client)
    few = FEWEST_IN_A_BATCH - 1
    assert await feed.publish(window(1, few), expected_sequence=0) == few
    assert await feed.publish(window(few + 1, few + SIZE), expected_sequence=few) == few + SIZE
    found = await batches(nats_client)
    assert found.pop(None) == few
    assert list(found.values()) == [SIZE]
    assert await feed.end() == StreamEnd(sequence=few + SIZE, cursor=(few + SIZE, 0))


async def test_a_window_above_what_a_batch_takes_goes_as_several(nats_client: Client) -> None:
    feed = await open_feed(nats_client)
    assert await feed.publish(window(1, 2100), expected_sequence=0) == 2100
    assert sorted((await batches(nats_client)).values()) == [100, 1000, 1000]


@pytest.mark.parametrize("expected", [0, 4, 6, 5 + SIZE])
async def test_a_writer_with_another_end_in_mind_stores_nothing(nats_client: Client, expected: int) -> None:
    feed = await open_feed(nats_client)
    await feed.publish(window(1, 5), expected_sequence=0)
    with pytest.raises(VersionConflict):
        await feed.publish(window(6, 5 + SIZE), expected_sequence=expected)
    assert await feed.end() == StreamEnd(sequence=5, cursor=(5, 0))
    assert await feed.publish(window(6, 5 + SIZE), expected_sequence=5) == 5 + SIZE


async def test_a_batch_that_comes_again_is_a_conflict_and_stores_nothing(nats_client: Client) -> None:
    """As after an acknowledgement that was lost: whoever repeats it is sent to look at the stream's end."""
    feed = await open_feed(nats_client)
    await feed.publish(window(1, SIZE), expected_sequence=0)
    for expected in (0, SIZE):
        with pytest.raises(VersionConflict):
            await VideoFeed(nats_client).publish(window(1, SIZE), expected_sequence=expected)
        with pytest.raises(VersionConflict):
            await feed.publish(window(1, SIZE), expected_sequence=expected)
    assert await feed.end() == StreamEnd(sequence=SIZE, cursor=(SIZE, 0))


async def test_one_message_that_is_stored_already_keeps_the_whole_batch_out(nats_client: Client) -> None:
    feed = await open_feed(nats_client)
    await feed.publish(window(1, 5), expected_sequence=0)
    with pytest.raises(VersionConflict):
        await feed.publish([*window(6, 5 + SIZE), *window(3, 3)], expected_sequence=5)
    assert (await feed.end()).sequence == 5
    assert await feed.publish(window(6, 5 + SIZE), expected_sequence=5) == 5 + SIZE


async def test_of_two_batches_at_once_one_is_stored(nats_server: NatsServer, nats_client: Client) -> None:
    other = await connection.connect([nats_server.url], name="other", wait_seconds=10)
    try:
        feeds = [await open_feed(nats_client), await open_feed(other)]
        both = await asyncio.gather(
            *(feed.publish(window(1, SIZE), expected_sequence=0) for feed in feeds), return_exceptions=True
        )
        assert SIZE in both
        assert any(isinstance(one, VersionConflict) for one in both)
        assert sorted((await batches(nats_client)).values()) == [SIZE]
    finally:
        await connection.close(other)


async def test_a_stream_that_takes_no_batches_gets_single_messages_until_it_is_changed(nats_client: Client) -> None:
    """An installation from before batches goes on as it was; `streams apply` brings them without a restart."""
    feed = await open_feed(nats_client, allow_atomic=False)
    assert await feed.publish(window(1, SIZE), expected_sequence=0) == SIZE
    assert await batches(nats_client) == {None: SIZE}
    differences = await streams.apply(nats_client.jetstream())
    assert [(one.thing, one.field, one.want) for one in differences] == [("stream VIDEO", "allow_atomic", True)]
    await feed.end()
    assert await feed.publish(window(SIZE + 1, 2 * SIZE), expected_sequence=SIZE) == 2 * SIZE
    assert sorted((await batches(nats_client)).values()) == [SIZE, SIZE]


async def test_a_stream_that_takes_no_batches_any_more_gets_single_messages_at_once(nats_client: Client) -> None:
    feed = await open_feed(nats_client)
    await open_feed(nats_client, allow_atomic=False)
    assert await feed.publish(window(1, SIZE), expected_sequence=0) == SIZE
    assert await batches(nats_client) == {None: SIZE}


@pytest.mark.parametrize("limit", [f"max_msgs: {FEWEST_IN_A_BATCH}", "max_inflight_per_stream: 1"])
async def test_where_a_batch_is_above_the_servers_limits_it_gets_single_messages(limit: str) -> None:
    server = NatsServer()
    limits = f"jetstream {{ limits {{ batch {{ {limit} }} }},"
    server._config.write_text(server._config.read_text().replace("jetstream {", limits))
    with server:
        client = await connection.connect([server.url], name="test", wait_seconds=10)
        try:
            feed = await open_feed(client)
            opening = {"Nats-Batch-Id": "left open", "Nats-Batch-Sequence": "1"}
            assert (await client.request("video.progress", b"{}", headers=opening)).data == b""
            assert await feed.publish(window(1, SIZE), expected_sequence=0) == SIZE
            assert await batches(client) == {None: SIZE}
        finally:
            await connection.close(client)


async def test_a_missing_stream_is_unavailable_at_once(nats_client: Client) -> None:
    feed = await open_feed(nats_client)
    await nats_client.jetstream().delete_stream("VIDEO")
    async with asyncio.timeout(2):
        with pytest.raises(Unavailable, match="no stream takes the subject"):
            await feed.publish(window(1, SIZE), expected_sequence=0)


async def test_a_server_killed_in_the_middle_has_all_of_a_batch_or_nothing() -> None:
    """What was acknowledged is there, and what was not is there as a whole or not at all, at every moment of a kill.

    The moments are shares of the time that the last undisturbed batch took, until enough kills came in the middle.
    """
    with NatsServer(sync_always=True) as server:
        client = await connection.connect([server.url], name="test", wait_seconds=10)
        try:
            feed = await open_feed(client)
            end, cut, shares = 0, 0, itertools.cycle((0.1, 0.3, 0.5, 0.7, 0.9))
            while cut < CUT:
                began = time.monotonic()
                end = await feed.publish(window(end + 1, end + LARGE), expected_sequence=end)
                took_seconds = time.monotonic() - began
                publishing = asyncio.create_task(feed.publish(window(end + 1, end + LARGE), expected_sequence=end))
                await asyncio.wait([publishing], timeout=next(shares) * took_seconds)
                server.kill()  # at once: a thread would begin when the batch is stored
                await asyncio.wait([publishing])
                await asyncio.to_thread(server.start)
                await _connected(client)
                found = (await feed.end()).sequence
                assert found == end + LARGE if publishing.exception() is None else found in {end, end + LARGE}
                end, cut = found, cut + (publishing.exception() is not None)
            assert set((await batches(client)).values()) <= {LARGE}
        finally:
            await connection.close(client)


async def _connected(client: Client) -> None:
    async with asyncio.timeout(20):
        while not client.is_connected:
            await asyncio.sleep(0.02)
