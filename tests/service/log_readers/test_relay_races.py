"""Relays that are disturbed in the middle of a window, by batches and by single messages, on a server that flushes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

import pytest
from nats.aio.client import Client

from adapters.bus import streams
from adapters.bus.feed import VideoFeed
from service.log_readers.announcements import Announcement
from service.log_readers.feed import FeedEnd
from tests.fixtures.nats import NatsServer
from tests.service.log_readers.announcing import BusyStore, expected_cursors, fill, until
from tests.service.log_readers.relay_bench import Bench, two_relays

WINDOW_IN_PEACE = 8
STRANGERS = 6
KILLS = 30


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


class Struck:
    """The real feed, with a blow into the next window, when it has taken a `share` of the time of the one before.

    A window that is over earlier gets none, and the next one does.
    """

    def __init__(self, feed: VideoFeed, blow: Callable[[], None]) -> None:
        self._feed, self._blow = feed, blow
        self._took_seconds: float | None = None
        self.share: float | None = None

    async def end(self) -> FeedEnd:
        return await self._feed.end()

    async def publish(self, window: Sequence[Announcement], *, expected_sequence: int) -> int:
        loop = asyncio.get_running_loop()
        began = loop.time()
        armed = self.share is not None and self._took_seconds is not None
        timer = loop.call_later(self.share * self._took_seconds, self._strike) if armed else None
        try:
            sequence = await self._feed.publish(window, expected_sequence=expected_sequence)
        finally:
            if timer is not None:
                timer.cancel()
        if len(window) > 1:
            self._took_seconds = loop.time() - began
        return sequence

    def _strike(self) -> None:
        self.share = None
        self._blow()


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
    bench.store = store = BusyStore()
    js = bench.client.jetstream()
    async with bench.running() as relay:
        for _ in range(STRANGERS):
            position = relay.lag.position
            await js.publish("video.progress", b"not ours")
            await until(lambda position=position: relay.lag.position > position)
        store.busy = False
        await until(lambda: relay.lag.position == len(store.events))
    assert await bench.our_cursors() == expected_cursors(store)


async def test_a_stranger_who_always_comes_before_large_windows_does_not_stop_us(bench: Bench) -> None:
    """Conflicts make the windows smaller: before they did, nothing was announced any more."""
    fill(bench.store, 5)
    bench.feed = lambda client: Crowded(VideoFeed(client), client)
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    assert await bench.our_cursors() == expected_cursors(bench.store)


async def test_two_relays_with_one_killed_again_and_again_announce_each_event_once(bench: Bench) -> None:
    """Kills fall at random awaits; the survivors and the new ones share nothing but the stream and the checkpoint."""
    bench.store = store = BusyStore()
    store.grow(200)
    want = len(expected_cursors(store))
    async with asyncio.timeout(60), two_relays(bench) as kill_one:
        kills = 0
        while kills < KILLS or (await bench.client.jetstream().stream_info("VIDEO")).state.messages < want:
            await kill_one()
            kills += 1
        store.busy = False
        await bench.all_announced()
    assert await bench.cursors() == expected_cursors(store)


async def test_a_purge_in_the_middle_leaves_all_that_follows_in_order(bench: Bench) -> None:
    bench.store = store = BusyStore()
    async with bench.running() as relay:
        await until(lambda: relay.lag.position > 0)
        await bench.client.jetstream().purge_stream("VIDEO")
        store.busy = False
        store.grow(8)
        await until(lambda: relay.lag.position == len(store.events))
    found, wanted = await bench.cursors(), expected_cursors(store)
    assert 0 < len(found) < len(wanted)
    assert found == wanted[-len(found) :]


async def test_a_server_that_is_killed_again_and_again_is_told_everything_once(
    bench: Bench, nats_server: NatsServer
) -> None:
    """Each kill falls into a window that is under way: early, late and in between."""
    bench.store = store = BusyStore()
    feed = Struck(VideoFeed(bench.client, ack_seconds=2.0), nats_server.kill)
    bench.feed = lambda _client: feed
    async with bench.running() as relay:
        for share in (0.05, 0.35, 0.65, 0.95):
            feed.share = share
            await until(lambda: nats_server.pid is None)
            await until(lambda: relay.lag.problem is not None)
            await asyncio.to_thread(nats_server.start)
            await until(lambda: relay.lag.problem is None)
        store.busy = False
        await until(lambda: relay.lag.position == len(store.events), seconds=60)
    assert await bench.cursors() == expected_cursors(store)
