"""Many jobs, four workers, and one of them killed every two seconds."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence

import psutil

from tests.system.faults.matrix import row
from tests.system.faults.world import World

JOBS = int(os.environ.get("SOAK_JOBS", "200"))
SECONDS = float(os.environ.get("SOAK_SECONDS", "40"))
WORKERS = 4
KILL_SECONDS = 2.0
BASE_BYTES = 150_000_000
BYTES_PER_JOB = 20_000


@row()
async def one_of_four_workers_is_killed_every_two_seconds(world: World) -> Sequence[float]:
    """A short form of the long soak: SOAK_JOBS and SOAK_SECONDS make it longer. Measured from the last kill."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=1.0)
    workers = await world.workers(WORKERS)
    kills, dice = round(SECONDS / KILL_SECONDS), random.Random(11)
    largest = 0
    for kill in range(kills):
        await world.approve(JOBS * (kill + 1) // kills - JOBS * kill // kills)
        await asyncio.sleep(KILL_SECONDS)
        largest = max([largest, *(_memory(one.process.pid) for one in workers if one.process)])
        victim = dice.choice(workers)
        victim.kill()
        victim.spawn()
    took = await world.until_ended(seconds=120)
    limit = BASE_BYTES + BYTES_PER_JOB * JOBS
    assert largest <= limit, f"a worker grew to {largest / 1e6:.0f} MB"
    return [took]


def _memory(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
