"""Relays that are disturbed in the middle of a window, by batches and by single messages, on a server that flushes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from nats.aio.client import Client

from adapters.bus import streams
from adapters.bus.feed import VideoFeed
from domain.ports import Announcement, FeedEnd
from tests.fixtures.nats import NatsServer
from tests.service.announcing import expected_cursors, fill, until
from tests.service.relay_bench import Bench, two_relays

WINDOW_IN_PEACE = 8


class Crowded:
    """The real feed, where somebody else publishes right before every window that is large."""

    def __init__(self, feed: VideoFeed, client: Client) -> None:
        self._feed, self._client = feed, client

    async def end(self) -> FeedEnd:
        return await self._feed.end()

    async def publish(self, window: Sequence[Announcement], *, expected_sequence: int) -> int:
        if len(window) > WINDOW_IN_PEACE:
            await self._client.jetstream().publish("video.progress", b"not ours")
        return await self._feed.publish(window, expected_sequence=expected_sequence)


@pytest.fixture
def nats_server() -> Iterator[NatsServer]:
    with NatsServer(sync_always=True) as server:
        yield server


@pytest.fixture(params=[True, False], ids=["batches", "single messages"])
async def bench(nats_client: Client, nats_server: NatsServer, request: pytest.FixtureRequest) -> Bench:
    js = nats_client.jetstream()
    await streams.ensure(js)
    await js.update_stream((await js.stream_info("VIDEO")).config.evolve(allow_atomic=request.param))
    return Bench(nats_client, nats_server.url)


async def test_a_stranger_who_publishes_in_between_makes_no_gap(bench: Bench) -> None:
    fill(bench.store, 200)
    js = bench.client.jetstream()
    async with bench.running() as relay:
        while (position := relay.lag.position) < len(bench.store.events):
            await js.publish("video.progress", b"not ours")
            await until(lambda position=position: relay.lag.position > position)
    assert await bench.our_cursors() == expected_cursors(bench.store)


async def test_a_stranger_who_always_comes_before_large_windows_does_not_stop_us(bench: Bench) -> None:
    """Conflicts make the windows smaller: before they did, nothing was announced any more."""
    fill(bench.store, 5)
    bench.feed = lambda client: Crowded(VideoFeed(client), client)
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    assert await bench.our_cursors() == expected_cursors(bench.store)


async def test_two_relays_with_one_killed_again_and_again_announce_each_event_once(bench: Bench) -> None:
    """Kills fall at random awaits; the survivors and the new ones share nothing but the stream and the checkpoint."""
    fill(bench.store, 200)
    async with asyncio.timeout(60), two_relays(bench) as kill_one:
        want = len(expected_cursors(bench.store))
        kills = 0
        while (await bench.client.jetstream().stream_info("VIDEO")).state.messages < want:
            await kill_one()
            kills += 1
    assert kills > 5
    assert await bench.cursors() == expected_cursors(bench.store)


async def test_a_purge_in_the_middle_leaves_all_that_follows_in_order(bench: Bench) -> None:
    fill(bench.store, 200)
    async with bench.running() as relay:
        await until(lambda: relay.lag.position > 0)
        await bench.client.jetstream().purge_stream("VIDEO")
        fill(bench.store, 8, first=201)
        await until(lambda: relay.lag.position == len(bench.store.events))
    found, wanted = await bench.cursors(), expected_cursors(bench.store)
    assert found == wanted[-len(found) :]


async def test_a_server_that_is_killed_again_and_again_is_told_everything_once(
    bench: Bench, nats_server: NatsServer
) -> None:
    fill(bench.store, 300)
    async with bench.running() as relay:
        for delay_seconds in (0.005, 0.02, 0.035, 0.05):
            before = relay.lag.position
            await until(lambda before=before: relay.lag.position > before)
            await asyncio.sleep(delay_seconds)  # into the next window
            await asyncio.to_thread(nats_server.kill)
            await until(lambda: relay.lag.problem is not None)
            await asyncio.to_thread(nats_server.start)
            await until(lambda: relay.lag.problem is None)
        await until(lambda: relay.lag.position == len(bench.store.events), seconds=60)
    assert await bench.cursors() == expected_cursors(bench.store)
