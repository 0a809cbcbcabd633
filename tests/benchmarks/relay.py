"""Messages per second through the whole relay, in atomic batches against one acknowledgement for each message.

Events come from SQLite and go to a nats-server that flushes before it answers; the checkpoint goes back to SQLite. Also
how long a single event takes from its commit to the server's acknowledgement, while nothing else is announced.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop

from adapters.bus import connection, streams
from adapters.bus.feed import VideoFeed
from adapters.sql.database import Database
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.schema import migrate
from adapters.sql.work.checkpoints import SqlCheckpoints
from service.log_readers.announcements import Announcement
from service.log_readers.feed import FeedEnd
from service.log_readers.log_signal import LogSignal
from service.log_readers.reader import LogReader
from service.log_readers.relay import NAME, Relay
from tests.adapters.sql.drives import Drive, approved, finished, progressed, requested
from tests.fixtures.nats import NatsServer

JOBS = 640
SIDE_BY_SIDE = 64
MESSAGES_A_JOB = 7
ROUNDS = 3
SINGLE_EVENTS = 100
LIMIT_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one case brought: throughput over all jobs, latency of events that come alone."""

    per_second: float
    latency_ms_p50: float


class TimedFeed:
    """The feed, with how many messages were acknowledged, and when the last."""

    def __init__(self, feed: VideoFeed) -> None:
        self._feed = feed
        self._news = asyncio.Event()
        self.acknowledged = 0
        self.acknowledged_at = 0.0

    async def until(self, acknowledged: int) -> None:
        async with asyncio.timeout(LIMIT_SECONDS):
            while self.acknowledged < acknowledged:
                self._news.clear()
                await self._news.wait()

    async def end(self) -> FeedEnd:
        return await self._feed.end()

    async def publish(self, window: Sequence[Announcement], *, expected_sequence: int) -> int:
        sequence = await self._feed.publish(window, expected_sequence=expected_sequence)
        self.acknowledged_at = time.perf_counter()
        self.acknowledged += len(window)
        self._news.set()
        return sequence


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[SqlEventStore, SqlCheckpoints]]:
    database = Database(f"sqlite:///{folder}/relay.db")
    await migrate(database)
    store = SqlEventStore(database, now=lambda: datetime.now(UTC))
    await store.start()
    try:
        yield store, SqlCheckpoints(database)
    finally:
        await store.close()
        await database.close()


async def fill(folder: Path) -> None:
    """Record whole lives, many jobs side by side, as a busy service does."""
    async with opened(folder) as (store, _):
        for _ in range(JOBS // SIDE_BY_SIDE):
            drives = [Drive() for _ in range(SIDE_BY_SIDE)]
            for step in range(MESSAGES_A_JOB - 1):
                events = [(approved(), requested(), *finished())[step] for _ in drives]
                entries = (store.append(drive.step(event)) for drive, event in zip(drives, events, strict=True))
                await asyncio.gather(*entries)


async def case(filled: Path, *, batches: bool) -> Figure:
    """Announce everything to a new server, then single events one after another."""
    with tempfile.TemporaryDirectory() as folder, NatsServer(sync_always=True) as server:
        shutil.copytree(filled, folder, dirs_exist_ok=True)
        client = await connection.connect([server.url], name="benchmark", wait_seconds=10)
        js = client.jetstream()
        await streams.ensure(js)
        await js.update_stream((await js.stream_info("VIDEO")).config.evolve(allow_atomic=batches))
        async with opened(Path(folder)) as (store, checkpoints):
            feed = TimedFeed(VideoFeed(client, ack_seconds=LIMIT_SECONDS))
            log_signal = LogSignal(lambda: asyncio.sleep(0, 0))
            reader = LogReader(NAME, store, wait=log_signal.wait)
            relay = Relay(reader, feed, checkpoints, again_since=lambda: datetime.now(UTC) - timedelta(days=1))
            running = asyncio.create_task(relay.run())
            try:
                per_second = await _throughput(feed)
                latency = await _latency(store, log_signal, feed)
            finally:
                running.cancel()
                await asyncio.wait([running])
        await connection.close(client)
    return Figure(per_second=per_second, latency_ms_p50=latency)


async def _throughput(feed: TimedFeed) -> float:
    messages, began = JOBS * MESSAGES_A_JOB, time.perf_counter()
    await feed.until(messages)
    return messages / (feed.acknowledged_at - began)


async def _latency(store: SqlEventStore, log_signal: LogSignal, feed: TimedFeed) -> float:
    drive, latencies = Drive(), []
    recorded = await store.append(drive.step(approved(), requested()))
    log_signal.notify(recorded[-1].position)
    first = JOBS * MESSAGES_A_JOB + 2
    for number in range(SINGLE_EVENTS):
        await feed.until(first + number)
        recorded = await store.append(drive.step(progressed(number % 95)))
        committed_at = time.perf_counter()
        log_signal.notify(recorded[-1].position)
        await feed.until(first + number + 1)
        latencies.append(feed.acknowledged_at - committed_at)
    return statistics.median(latencies) * 1000


async def measure() -> tuple[Figure, Figure]:
    """Return single messages and batches: the medians of several rounds, each round both, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        await fill(Path(folder))
        rounds = [[await case(Path(folder), batches=batches) for batches in (False, True)] for _ in range(ROUNDS)]
    single, batched = (_median(figures) for figures in zip(*rounds, strict=True))
    return single, batched


def _median(figures: Sequence[Figure]) -> Figure:
    return Figure(
        per_second=statistics.median(one.per_second for one in figures),
        latency_ms_p50=statistics.median(one.latency_ms_p50 for one in figures),
    )


def main() -> None:
    """Print both cases and their ratio."""
    single, batched = uvloop.run(measure())
    for name, one in (("one ack for each message", single), ("atomic batches", batched)):
        ratio = one.per_second / single.per_second
        print(
            f"relay       {name:26} {one.per_second:9.0f} msg/s  {ratio:6.2f} x  p50 {one.latency_ms_p50:7.2f} ms alone"
        )


if __name__ == "__main__":
    main()
