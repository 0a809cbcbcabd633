"""NATS forgets: a consumer, a stream, everything. What is missing is made again and nothing is lost or said twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import psutil
from nats.js import JetStreamContext

from tests.system.faults.bus import answers, bus_client, there
from tests.system.faults.matrix import row
from tests.system.faults.nats_away import BACK_SECONDS, works_again
from tests.system.faults.world import World

NOTICE_SECONDS = 2.0
"""The watchdog looks once a second, so what is deleted under a running server is missed this long at most."""


async def _with_the_bus(world: World, change: Callable[[JetStreamContext], Awaitable[object]]) -> None:
    async with bus_client(world.bus_url) as client:
        await change(client.jetstream())


async def _working(world: World, *, jobs: int = 6) -> None:
    world.with_nats()
    world.with_provider(render_seconds=1.5)
    await world.workers(1)
    await world.until_created(await world.approve(jobs))


async def _made_again(world: World, stream: str, consumer: str | None = None) -> float:
    async def made() -> bool:
        return await there(world.bus_url, stream, consumer)

    return await world.until(made, f"{stream} made again")


@row(limit_seconds=BACK_SECONDS + NOTICE_SECONDS, quick=True)
async def the_consumer_is_deleted(world: World) -> Sequence[float]:
    """`reelwright` is deleted while jobs render, three times; the new one reads every approval again, to no effect."""
    await _working(world)
    recoveries = []
    for _ in range(3):
        await _with_the_bus(world, lambda js: js.delete_consumer("STORYBOARD", "reelwright"))
        recoveries.append(await works_again(world))
    return recoveries


@row(limit_seconds=BACK_SECONDS + NOTICE_SECONDS)
async def the_stream_of_announcements_is_deleted(world: World) -> Sequence[float]:
    """VIDEO is deleted while jobs render; it is made again and holds the whole of the last day."""
    await _working(world)
    recoveries = []
    for _ in range(3):
        await _with_the_bus(world, lambda js: js.delete_stream("VIDEO"))
        recoveries.append(await _made_again(world, "VIDEO") + await world.until_announced())
    return recoveries


@row(limit_seconds=BACK_SECONDS + NOTICE_SECONDS)
async def the_stream_of_announcements_is_purged(world: World) -> Sequence[float]:
    """VIDEO is emptied before any job; what comes later follows without a gap in the sequences."""
    world.with_nats()
    world.with_provider()
    await world.workers(1)
    await _with_the_bus(world, lambda js: js.purge_stream("VIDEO"))
    return [await works_again(world)]


@row(limit_seconds=BACK_SECONDS + NOTICE_SECONDS)
async def the_stream_of_approvals_is_deleted(world: World) -> Sequence[float]:
    """STORYBOARD is deleted while jobs render; measured from its being there again to a stored approval."""
    await _working(world)
    recoveries = []
    for _ in range(3):
        await _with_the_bus(world, lambda js: js.delete_stream("STORYBOARD"))
        took = await _made_again(world, "STORYBOARD", "reelwright")
        recoveries.append(took + await works_again(world))
    return recoveries


@row(limit_seconds=BACK_SECONDS + NOTICE_SECONDS)
async def the_whole_store_is_lost(world: World) -> Sequence[float]:
    """The server is killed, its files are removed, and it starts empty; measured from its start."""
    await _working(world)
    assert world.bus is not None
    world.bus.wipe()
    await asyncio.sleep(1)
    world.bus.start()
    took = await _made_again(world, "STORYBOARD", "reelwright")
    return [took + await works_again(world)]


@row(limit_seconds=BACK_SECONDS + NOTICE_SECONDS)
async def the_embedded_server_is_killed(world: World) -> Sequence[float]:
    """Kill -9 of the nats-server that the service runs itself, three times."""
    world.with_provider(render_seconds=1.5)
    (worker,) = await world.workers(1)
    recoveries = []
    for _ in range(3):
        await world.until_created(await world.approve(3))
        assert worker.process is not None
        children = psutil.Process(worker.process.pid).children(recursive=True)
        (server,) = [child for child in children if "nats-server" in child.name()]
        server.kill()
        recoveries.append(await _answers_again(world))
    return recoveries


async def _answers_again(world: World) -> float:
    async def back() -> bool:
        return await answers(world.bus_url)

    return await world.until(back, "the embedded server back") + await works_again(world)
