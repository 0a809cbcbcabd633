"""Whole jobs per second through a running service that renders nothing, against a careful worker written by hand.

The hand-made one does what most do: it takes a message, writes each step to SQLite with a commit of its own, publishes
it with an acknowledgement, and acknowledges the message at the end. Both run on a nats-server that flushes every write.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import nats
from nats.js import JetStreamContext

from tests.benchmarks.flood import flood
from tests.fixtures.nats import NatsServer
from tests.fixtures.postgres import PostgresServer
from tests.system.running import Service

JOBS = 1500
JOBS_BY_HAND = 300
IN_FLIGHT = 64
STEPS = ("approved", "rendering", "accepted", "downloading", "completed")


def main() -> None:
    """Print jobs per second on both databases, each with its ratio."""
    asyncio.run(_main())


async def _main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        by_hand = await _by_hand(folder)
        print(f"by hand     {'one commit a step':26} {by_hand:9.0f} jobs/s       1.00 x")
        sqlite = await _service(folder / "sqlite" / "DATA")
        print(f"sqlite      {f'{IN_FLIGHT} in flight':26} {sqlite:9.0f} jobs/s    {sqlite / by_hand:7.2f} x by hand")
        server = stack.enter_context(PostgresServer())
        postgres = await _service(folder / "postgres" / "DATA", REELWRIGHT_DATABASE_URL=server.dsn())
        print(
            f"postgresql  {f'{IN_FLIGHT} in flight':26} {postgres:9.0f} jobs/s    {postgres / by_hand:7.2f} x by hand"
        )


async def _service(data_dir: Path, **settings: str) -> float:
    data_dir.parent.mkdir(parents=True)
    async with AsyncExitStack() as stack:
        server = NatsServer(sync_always=True).start()
        stack.callback(server.__exit__)
        service = Service(
            data_dir,
            REELWRIGHT_NATS_URL=server.url,
            REELWRIGHT_RENDERER="noop",
            REELWRIGHT_LEASE_SECONDS="10",
            REELWRIGHT_LOG_LEVEL="warning",
            **settings,
        )
        stack.callback(service.kill)
        await service.start()
        await flood(service.nats_url, jobs=IN_FLIGHT * 2, in_flight=IN_FLIGHT, prefix="warm")
        seconds = await flood(service.nats_url, jobs=JOBS, in_flight=IN_FLIGHT, prefix="job")
        service.stop()
        return JOBS / seconds


async def _by_hand(folder: Path) -> float:
    server = NatsServer(sync_always=True).start()
    try:
        client = await nats.connect(server.url)
        js = client.jetstream()
        await js.add_stream(name="IN", subjects=["storyboard.approved"])
        await js.add_stream(name="OUT", subjects=["video.*"])
        consumer = await js.pull_subscribe("storyboard.approved", durable="by-hand")
        database = sqlite3.connect(folder / "by-hand.db", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE jobs(job_id TEXT PRIMARY KEY, status TEXT, body TEXT)")
        flooding = asyncio.create_task(flood(server.url, jobs=JOBS_BY_HAND, in_flight=IN_FLIGHT, prefix="job"))
        began = time.perf_counter()
        for _ in range(JOBS_BY_HAND):
            await _work_by_hand(js, consumer, database)
        await flooding
        await client.close()
        return JOBS_BY_HAND / (time.perf_counter() - began)
    finally:
        server.__exit__()


async def _work_by_hand(
    js: JetStreamContext, consumer: JetStreamContext.PullSubscription, database: sqlite3.Connection
) -> None:
    (message,) = await consumer.fetch(1, timeout=30)
    body = json.loads(message.data)
    for step in STEPS:
        database.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)", (body["job_id"], step, message.data.decode()))
        headline = json.dumps({"job_id": body["job_id"], "status": step}).encode()
        await js.publish("video.completed" if step == STEPS[-1] else "video.progress", headline, timeout=10)
    await message.ack()


if __name__ == "__main__":
    main()
