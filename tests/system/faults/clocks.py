"""The time of day jumps: leases count, so they do not care, and no job ends too early or waits an hour."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from tests.system.faults.killed_workers import RESUMED_SECONDS
from tests.system.faults.matrix import row
from tests.system.faults.tools import Clock
from tests.system.faults.world import World
from tests.system.running import Service

HOUR_SECONDS = 3600
RENDER_SECONDS = 4.0
SOON_SECONDS = RENDER_SECONDS + 8.0


async def _jumped(world: World, seconds: int) -> list[float]:
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=RENDER_SECONDS)
    clock = Clock(world.folder)
    (worker,) = await world.workers(1, **clock.settings)
    await world.until_created(await world.approve(4))
    clock.shift(seconds)
    await _sees(world, worker, seconds)
    return [await world.until_ended()]


async def _sees(world: World, worker: Service, seconds: int) -> None:
    """Make sure that the service's clock really is another one, and that what it stores has the database's time."""
    before = await _newest_time(world)
    await world.approve(2)

    async def noticed() -> bool:
        return f'"ahead_seconds": {seconds}.0' in worker.log_path.read_text(errors="replace")

    await world.until(noticed, "a word in the log that the clock differs")
    assert abs(await _newest_time(world) - before) < HOUR_SECONDS / 2, "an event was stored under a wrong time"


async def _newest_time(world: World) -> float:
    ((text,),) = await world.rows("SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1")
    return datetime.fromisoformat(str(text)).timestamp()


@row(limit_seconds=SOON_SECONDS)
async def the_clock_jumps_an_hour_ahead(world: World) -> Sequence[float]:
    """libfaketime moves the time of day of a worker by +1 h while it renders; its monotonic clock goes on."""
    return await _jumped(world, HOUR_SECONDS)


@row(limit_seconds=SOON_SECONDS)
async def the_clock_jumps_an_hour_back(world: World) -> Sequence[float]:
    """The same by -1 h: nothing may wait for an hour that was already over."""
    return await _jumped(world, -HOUR_SECONDS)


@row(limit_seconds=SOON_SECONDS)
async def two_workers_disagree_about_the_time(world: World) -> Sequence[float]:
    """One worker's clock is an hour ahead of the other's all the time; no lease is taken from a living worker."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=RENDER_SECONDS)
    clock = Clock(world.folder)
    ahead = world.worker("ahead", **clock.settings)
    right = world.worker("right")
    clock.shift(HOUR_SECONDS)
    await asyncio.gather(ahead.start(), right.start())
    await world.approve(8)
    took = await world.until_ended()
    assert world.count_logged("lease_lost") == 0, "a lease was taken from a living worker"
    return [took]


@row(limit_seconds=RESUMED_SECONDS)
async def a_worker_with_a_wrong_clock_is_killed(world: World) -> Sequence[float]:
    """Kill -9 of a worker an hour ahead: the others need no more than its lease to see that it is dead."""
    world.with_nats()
    world.with_postgres()
    provider = world.with_provider(rates={"get": {"error": 1.0}})  # the renders last until others have them
    clock = Clock(world.folder)
    clock.shift(HOUR_SECONDS)
    ahead = world.worker("ahead", **clock.settings)
    await ahead.start()
    await world.until_created(await world.approve(4))
    right = world.worker("right")
    await right.start()
    ahead.kill()
    took = await world.until_taken_from(ahead)
    provider.change(rates={})
    return [took]
