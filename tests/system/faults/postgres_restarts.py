"""PostgreSQL goes away and comes back: nobody crashes, and writing goes on within two seconds."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence

from tests.system.faults.matrix import row
from tests.system.faults.world import World

BACK_SECONDS = 2.0
JOBS = 6


async def writes_again(world: World) -> float:
    """Approve jobs and return how long it takes until one more event is stored than now."""
    before = await world.last_position()
    await world.approve(1)

    async def more() -> bool:
        return await world.last_position() > before

    return await world.until(more, "a new event")


async def _busy(world: World) -> None:
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=2.0)
    await world.workers(2)


async def _restarted(world: World, how: signal.Signals, *, times: int = 3, away_seconds: float = 0.0) -> list[float]:
    assert world.postgres is not None
    recoveries = []
    for _ in range(times):
        await world.until_created(await world.approve(JOBS))
        world.postgres.stop(how)
        await asyncio.sleep(away_seconds)
        world.postgres.start()
        recoveries.append(await writes_again(world))
    return recoveries


@row(limit_seconds=BACK_SECONDS)
async def postgresql_is_restarted_fast(world: World) -> Sequence[float]:
    """SIGINT to the server and a new start while two workers render, three times."""
    await _busy(world)
    return await _restarted(world, signal.SIGINT)


@row(limit_seconds=BACK_SECONDS, quick=True)
async def postgresql_is_restarted_at_once(world: World) -> Sequence[float]:
    """SIGQUIT: the server drops everything and recovers from its log, three times."""
    await _busy(world)
    return await _restarted(world, signal.SIGQUIT)


@row(limit_seconds=BACK_SECONDS)
async def postgresql_is_killed(world: World) -> Sequence[float]:
    """Kill -9 of the server's first process while two workers render."""
    await _busy(world)
    return await _restarted(world, signal.SIGKILL, times=2)


@row(limit_seconds=BACK_SECONDS)
async def postgresql_is_gone_for_fifteen_seconds(world: World) -> Sequence[float]:
    """Longer than a lease and than every time-out of a connection; both workers must still be there."""
    await _busy(world)
    return await _restarted(world, signal.SIGINT, times=1, away_seconds=15)


@row(limit_seconds=BACK_SECONDS)
async def postgresql_is_away_when_the_service_starts(world: World) -> Sequence[float]:
    """The service starts first and says in /readyz that it waits; measured from the server's start."""
    world.with_nats()
    postgres = world.with_postgres()
    postgres.stop()
    world.with_provider()
    worker = world.worker()
    worker.spawn()

    async def says_why() -> bool:
        try:
            answer = await worker.get("/readyz")
        except (OSError, KeyError):
            return False
        return answer.status_code == 503 and not answer.json()["checks"]["database"]["ok"]

    await world.until(says_why, "a reason in /readyz")
    postgres.start()
    took = await world.until(worker.is_ready, "ready")
    await world.approve(JOBS)
    return [took]
