"""The relay on a real server: each event once, in order, whatever happens to stream, server and relays."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from nats.aio.client import Client

from adapters.bus import connection, streams
from adapters.bus.feed import VideoFeed
from service.log_readers.announcements import announcements
from service.log_readers.reader import LogReader
from tests.fixtures.nats import NatsServer, made_anew
from tests.service.log_readers.announcing import (
    START,
    BusyStore,
    MemoryStore,
    expected_cursors,
    fill,
    life,
    read_stream,
    until,
)
from tests.service.log_readers.relay_bench import Bench


@pytest.fixture
async def bench(nats_client: Client, nats_server: NatsServer) -> Bench:
    await streams.ensure(nats_client.jetstream())
    return Bench(nats_client, nats_server.url)


async def test_every_event_is_announced_once_and_in_order(bench: Bench) -> None:
    fill(bench.store, 40)
    async with bench.running():
        await bench.all_announced()
        bench.store.record("late", *life())
        await bench.all_announced()
    assert await bench.cursors() == expected_cursors(bench.store)


async def test_the_sequences_of_a_job_have_neither_gap_nor_repeat_on_video_progress(bench: Bench) -> None:
    fill(bench.store, 9)
    async with bench.running():
        await bench.all_announced()
    log_signal = [m.body for m in await read_stream(bench.client) if m.subject == "video.progress"]
    for job in {body["job_id"] for body in log_signal}:
        assert [body["sequence"] for body in log_signal if body["job_id"] == job] == [1, 2, 3, 4, 5, 6, 7]


async def test_a_signal_brings_news_before_the_poll_does(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.log_readers.log_signal.LOOK_AGAIN_SECONDS", 60.0)
    async with bench.running() as relay:
        await until(lambda: relay._is_confirmed)
        bench.store.record("one", *life())
        bench.log_signal.notify(len(bench.store.events))
        await bench.all_announced()


async def test_a_relay_goes_on_in_the_middle_of_a_final_event(bench: Bench) -> None:
    """The news of the end was stored, its last word was not, and no checkpoint either."""
    bench.store.record("one", *life())
    other = MemoryStore()
    other.record("one", *life())
    page = await LogReader("test", other).page(after=0)
    messages = [one for event in page.events for one in announcements(event.recorded, event.job)]
    await VideoFeed(bench.client).publish(messages[:7], expected_sequence=0)
    async with bench.running():
        await bench.all_announced()
    assert await bench.cursors() == expected_cursors(bench.store)


async def test_after_a_purge_it_goes_on_after_the_last_announced_event(bench: Bench) -> None:
    fill(bench.store, 10)
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    await bench.client.jetstream().purge_stream("VIDEO")
    before = len(bench.store.events)
    bench.store.record("late", *life())
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    assert await bench.cursors() == expected_cursors(bench.store, after=before)


async def test_a_purge_right_after_a_crash_loses_nothing(bench: Bench) -> None:
    """The last window was stored and purged, its checkpoint was not saved: it comes again when the server forgot it."""
    js = bench.client.jetstream()
    await js.update_stream((await js.stream_info("VIDEO")).config.evolve(duplicate_window=0.2))
    fill(bench.store, 10)
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    kept = bench.checkpoints.kept["video"]
    fill(bench.store, 10, first=11)
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    bench.checkpoints.kept["video"] = kept
    await js.purge_stream("VIDEO")
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    assert await bench.cursors() == expected_cursors(bench.store, after=kept.position)


async def test_a_stranger_who_was_first_in_the_stream_hides_no_event(bench: Bench) -> None:
    await bench.client.jetstream().publish("video.progress", b"{}")
    bench.store.record("one", *life())
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == 7)
    assert await bench.our_cursors() == expected_cursors(bench.store)


@pytest.mark.parametrize("while_running", [True, False])
async def test_a_lost_stream_gets_the_last_day_again(bench: Bench, while_running: bool) -> None:
    fill(bench.store, 5, at=START - timedelta(days=3))
    old = len(bench.store.events)
    fill(bench.store, 5, first=6, at=START)
    js = bench.client.jetstream()
    async with bench.running() as relay:
        # Not only stored but known to be: a relay that heard of nothing yet has nothing to go by.
        await until(lambda: relay.lag.position == len(bench.store.events))
        if while_running:
            await js.delete_stream("VIDEO")
            await until(lambda: relay.lag.problem is not None)
            await made_anew(bench.client, "VIDEO")
            await until(lambda: relay.lag.problem is None)
    if not while_running:
        await made_anew(bench.client, "VIDEO")
        fill(bench.store, 1, first=11, at=START)
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    assert await bench.cursors() == expected_cursors(bench.store, after=old)


async def test_a_message_that_somebody_else_put_there_is_passed_over(bench: Bench) -> None:
    fill(bench.store, 3)
    async with bench.running():
        await bench.all_announced()
    await bench.client.jetstream().publish("video.progress", b"not ours")
    bench.checkpoints.kept.clear()
    bench.store.record("late", *life())
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    assert await bench.our_cursors() == expected_cursors(bench.store)


async def test_two_relays_that_both_find_an_empty_stream_agree_where_to_begin(bench: Bench) -> None:
    """Their ideas of "the last day" differ; only the one whose first message is taken goes on with its own."""
    fill(bench.store, 30, at=START - timedelta(days=3))
    old = len(bench.store.events)
    bench.store.record("early", *life(), at=START - timedelta(hours=23))
    fill(bench.store, 30, first=31, at=START)
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    await made_anew(bench.client, "VIDEO")
    async with bench.running():
        bench.again_since = START - timedelta(hours=22)
        async with bench.running() as second:
            await until(lambda: second.lag.position == len(bench.store.events))
    found = await bench.cursors()
    assert found in (expected_cursors(bench.store, after=old), expected_cursors(bench.store, after=old + 7))


async def test_a_server_that_is_killed_and_comes_back_is_told_everything_in_order(nats_server: NatsServer) -> None:
    client = await connection.connect([nats_server.url], name="test", wait_seconds=10)
    try:
        await streams.ensure(client.jetstream())
        bench = Bench(client, nats_server.url)
        bench.store = store = BusyStore()
        async with bench.running() as relay:
            await until(lambda: relay.lag.position > 0)
            await asyncio.to_thread(nats_server.kill)
            store.busy = False
            store.grow(20)
            await until(lambda: relay.lag.problem is not None)
            await until(lambda: relay.lag.waiting_since == START)
            await asyncio.to_thread(nats_server.start)
            await until(lambda: relay.lag.position == len(bench.store.events))
            await until(lambda: relay.lag.waiting_since is None)
        assert await bench.cursors() == expected_cursors(bench.store)
    finally:
        await connection.close(client)


async def test_a_server_that_lost_everything_gets_the_last_day_again(nats_server: NatsServer) -> None:
    client = await connection.connect([nats_server.url], name="test", wait_seconds=10)
    try:
        await streams.ensure(client.jetstream())
        bench = Bench(client, nats_server.url)
        fill(bench.store, 10, at=START - timedelta(days=3))
        old = len(bench.store.events)
        fill(bench.store, 10, first=11)
        async with bench.running() as relay:
            # Not only stored but known to be: a relay that heard of nothing yet has nothing to go by.
            await until(lambda: relay.lag.position == len(bench.store.events))
            await asyncio.to_thread(nats_server.wipe)
            await asyncio.to_thread(nats_server.start)
            await until(lambda: client.is_connected)
            await streams.ensure(client.jetstream())
            fill(bench.store, 1, first=21)
            await until(lambda: relay.lag.position == len(bench.store.events))
        assert await bench.cursors() == expected_cursors(bench.store, after=old)
    finally:
        await connection.close(client)


async def test_while_the_guard_is_held_elsewhere_nothing_is_announced(bench: Bench) -> None:
    class Guard:
        ours = False
        asked = 0

        async def holds(self) -> bool:
            self.asked += 1
            return self.ours

    guard = Guard()
    bench.store.record("one", *life())
    bench.again_since = datetime.now(UTC)
    task = asyncio.create_task(bench.relay(leadership=guard).run())
    try:
        await until(lambda: guard.asked >= 2)
        assert await bench.cursors() == []
        guard.ours = True
        await bench.all_announced()
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_after_a_restore_events_under_used_positions_are_announced(bench: Bench) -> None:
    """A copy was put back and workers went on before the relay looked: the stream's last position existed again, as
    another event, and all that lay between the copy's end and it was never announced.
    """
    fill(bench.store, 2)
    copied = len(bench.store.events)
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == copied)
    checkpoint = bench.checkpoints.kept["video"]
    bench.store.record("lost", *life())
    async with bench.running():
        await bench.all_announced()
    before = await bench.cursors()

    bench.checkpoints.kept["video"] = checkpoint
    del bench.store.events[copied:]
    bench.store.record("lost", *life())
    bench.store.record("later", *life())
    bench.store.events[copied:] = [
        replace(event, event_id=f"after-the-restore-{event.position}") for event in bench.store.events[copied:]
    ]
    async with bench.running() as relay:
        await until(lambda: relay.lag.position == len(bench.store.events))
    assert await bench.cursors() == before + expected_cursors(bench.store, after=copied)
