"""NATS gone for a while: jobs go on, announcements follow in order, approvals flow again within two seconds."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence

from tests.fixtures.nats import NatsServer
from tests.system.faults.matrix import row
from tests.system.faults.world import World

BACK_SECONDS = 2.0
AWAY_SECONDS = 20.0


async def works_again(world: World) -> float:
    """Approve a job and return how long it took until it was stored and everything was announced."""
    (job,) = await world.approve(1)

    async def stored() -> bool:
        return job in await world.statuses()

    took = await world.until(stored, "the approval stored")
    return took + await world.until_announced()


async def _one_worker(world: World) -> NatsServer:
    bus = world.with_nats()
    world.with_provider(render_seconds=1.0)
    await world.workers(1)
    return bus


async def _away(world: World, bus: NatsServer, seconds: float) -> float:
    """Take it away while jobs are on their way; they must end without it."""
    jobs = await world.approve(6)
    await world.until_created(jobs)
    bus.kill()
    await world.until_ended(jobs)

    async def says_so() -> bool:
        return not await world.services[0].is_ready()

    await world.until(says_so, "a reason in /readyz", seconds=10)
    await asyncio.sleep(seconds)
    bus.start()
    return await works_again(world)


@row(limit_seconds=BACK_SECONDS, quick=True)
async def nats_is_killed_and_started_again(world: World) -> Sequence[float]:
    """Kill -9 of the server while jobs render; they end without it. Measured from its start, three times."""
    bus = await _one_worker(world)
    return [await _away(world, bus, 0.5) for _ in range(3)]


@row(limit_seconds=BACK_SECONDS)
async def nats_is_gone_for_twenty_seconds(world: World) -> Sequence[float]:
    """The same for longer than any time-out of the client."""
    return [await _away(world, await _one_worker(world), AWAY_SECONDS)]


@row(limit_seconds=BACK_SECONDS)
async def nats_is_restarted_cleanly_under_load(world: World) -> Sequence[float]:
    """SIGTERM and a new start, five times, with approvals before each and two workers."""
    bus = world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=1.0)
    await world.workers(2)
    recoveries = []
    for _ in range(5):
        await world.approve(4)
        bus.stop()
        bus.start()
        recoveries.append(await works_again(world))
    return recoveries


@row(limit_seconds=BACK_SECONDS)
async def nats_stands_still_for_fifteen_seconds(world: World) -> Sequence[float]:
    """SIGSTOP of the server: its connections stay open and nothing answers; SIGCONT."""
    bus = await _one_worker(world)
    jobs = await world.approve(6)
    await world.until_created(jobs)
    assert bus.pid is not None
    os.kill(bus.pid, signal.SIGSTOP)
    await world.until_ended(jobs)
    await asyncio.sleep(15)
    os.kill(bus.pid, signal.SIGCONT)
    return [await works_again(world)]


@row(limit_seconds=BACK_SECONDS)
async def nats_is_away_when_the_service_starts(world: World) -> Sequence[float]:
    """The service starts first and says in /readyz that it waits; measured from the server's start."""
    bus = world.with_nats()
    bus.stop()
    world.with_provider()
    worker = world.worker()
    worker.spawn()

    async def says_why() -> bool:
        try:
            answer = await worker.get("/readyz")
        except (OSError, KeyError):
            return False
        return answer.status_code == 503 and not answer.json()["checks"]["nats"]["ok"]

    await world.until(says_why, "a reason in /readyz")
    bus.start()
    took = await world.until(worker.is_ready, "ready")
    return [took + await works_again(world)]


@row()
async def the_connections_to_nats_are_cut_again_and_again(world: World) -> Sequence[float]:
    """A proxy resets every connection each half second while twenty jobs are approved and announced."""
    bus = world.with_nats()
    proxy = await world.proxy_to(bus.port)
    world.nats_url = f"nats://127.0.0.1:{proxy.port}"
    world.with_provider(render_seconds=1.0)
    await world.workers(1)
    await world.approve(20)
    for _ in range(20):
        await asyncio.sleep(0.5)
        proxy.cut()
    assert proxy.cuts >= 10, "the proxy did not cut: this fault would prove nothing"
    return [await world.until_ended() + await world.until_announced()]


@row(limit_seconds=BACK_SECONDS)
async def acknowledgements_of_nats_are_lost(world: World) -> Sequence[float]:
    """A proxy lets every publication through, but the connection breaks before the PubAck comes, five times."""
    bus = world.with_nats()
    proxy = await world.proxy_to(bus.port)
    world.nats_url = f"nats://127.0.0.1:{proxy.port}"
    world.with_provider(render_seconds=0.5)
    await world.workers(1)
    recoveries = []
    for _ in range(5):
        before = proxy.cuts
        proxy.cut_before_answer_to = b"video.progress"
        jobs = await world.approve(2)

        async def lost(seen: int = before) -> bool:
            return proxy.cuts > seen

        await world.until(lost, "a lost acknowledgement")
        recoveries.append(await works_again(world))
        await world.until_ended(jobs)
    return recoveries
