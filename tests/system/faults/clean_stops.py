"""SIGTERM: no new work, leases given back, exit 0 within five seconds, and others go on within one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from tests.system.faults.killed_workers import JOBS, busiest
from tests.system.faults.matrix import row
from tests.system.faults.world import World
from tests.system.running import Service

STOP_SECONDS = 5.0
HAND_OVER_SECONDS = 1.0
MANY_JOBS = 150


async def handed_over(world: World, worker: Service) -> float:
    """Stop it and return how long its jobs were without an owner, or were still its own after its end."""
    assert worker.process is not None
    began = time.monotonic()
    pid = worker.process.pid
    held = {job for job, owner in (await world.owners()).items() if owner == pid}
    assert held, "it holds nothing: this stop would prove nothing"
    worker.process.terminate()
    ending = asyncio.create_task(_ended(worker, began))

    async def let_go() -> bool:
        return pid not in (await world.owners()).values()

    async def taken() -> bool:
        owners, statuses = await world.owners(), await world.statuses()
        return all(job in owners or statuses[job] == "completed" for job in held)

    await world.until(let_go, "its leases given back", seconds=STOP_SECONDS)
    took = await world.until(taken, "its jobs taken over", seconds=10)
    await ending
    return took


async def _ended(worker: Service, began: float) -> None:
    assert worker.process is not None
    code = await asyncio.to_thread(worker.process.wait, 3 * STOP_SECONDS)
    took = time.monotonic() - began
    assert code == 0, f"exit code {code}"
    assert took <= STOP_SECONDS, f"it took {took:.1f} s to end"


@row(limit_seconds=HAND_OVER_SECONDS, quick=True)
async def a_worker_is_asked_to_stop_while_it_renders(world: World) -> Sequence[float]:
    """SIGTERM to the one that holds most renders, twice; measured from its leases given back to new owners."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=8.0)
    workers = await world.workers(3)
    recoveries = []
    for _ in range(2):
        await world.until_created(await world.approve(JOBS))
        victim = await busiest(world, workers)
        workers.remove(victim)
        recoveries.append(await handed_over(world, victim))
    return recoveries


@row(limit_seconds=HAND_OVER_SECONDS)
async def a_worker_with_many_jobs_is_asked_to_stop(world: World) -> Sequence[float]:
    """SIGTERM to one of three workers with 150 renders, all polled twice a second: the others take its share."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=30.0)
    workers = await world.workers(3, REELWRIGHT_CONCURRENCY="300", REELWRIGHT_POLL_INTERVAL_SECONDS="0.5")
    await world.until_created(await world.approve(MANY_JOBS), seconds=60)
    return [await handed_over(world, await busiest(world, workers))]


@row(limit_seconds=HAND_OVER_SECONDS)
async def a_worker_is_asked_to_stop_while_creates_hang(world: World) -> Sequence[float]:
    """SIGTERM with POSTs that were created and never answered: it ends in time, and nobody creates again."""
    world.with_nats()
    world.with_postgres()
    provider = world.with_provider(rates={"create": {"hang_after": 1.0}}, hang_seconds=60.0)
    workers = await world.workers(2, REELWRIGHT_CREATE_TIMEOUT_SECONDS="30")
    jobs = await world.approve(JOBS)

    async def created() -> bool:
        return len(provider.creates) == len(jobs)

    await world.until(created, "every create in the books")
    provider.change(rates={})
    return [await handed_over(world, await busiest(world, workers))]


@row(limit_seconds=STOP_SECONDS)
async def a_worker_is_asked_to_stop_while_everything_is_away(world: World) -> Sequence[float]:
    """SIGTERM with PostgreSQL and NATS both gone: it still ends with exit 0 within five seconds."""
    bus = world.with_nats()
    postgres = world.with_postgres()
    world.with_provider(render_seconds=3.0)
    (worker,) = await world.workers(1)
    await world.until_created(await world.approve(2))
    postgres.stop()
    bus.stop()
    began = time.monotonic()
    assert worker.stop(seconds=10) == 0, "exit code"
    took = time.monotonic() - began
    bus.start()
    postgres.start()
    await worker.start()
    return [took]


@row(limit_seconds=STOP_SECONDS)
async def an_api_with_open_streams_is_asked_to_stop(world: World) -> Sequence[float]:
    """SIGTERM while twenty readers hang on /api/stream: they are let go and it ends in time."""
    world.with_nats()
    world.with_postgres()
    world.with_provider()
    (worker,) = await world.workers(1)
    await world.until_ended(await world.approve(1))
    took = await _stopped_with_readers(worker)
    await worker.start()
    return [took]


async def _stopped_with_readers(worker: Service) -> float:
    host, port = worker.url.removeprefix("http://").split(":")
    writers = []
    for _ in range(20):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /api/stream HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        await writer.drain()
        assert b"200" in await reader.readline()
        writers.append(writer)
    assert worker.process is not None
    worker.process.terminate()
    began = time.monotonic()
    code = await asyncio.to_thread(worker.process.wait, 10)
    assert code == 0, "exit code"
    took = time.monotonic() - began
    for writer in writers:
        writer.close()
    return took
