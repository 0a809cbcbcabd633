"""A thousand jobs in five minutes, four workers, and one of them killed every two seconds."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence

import psutil

from tests.system.faults.matrix import row
from tests.system.faults.world import FINAL, World
from tests.system.running import Service

JOBS = int(os.environ.get("SOAK_JOBS", "1000"))
SECONDS = float(os.environ.get("SOAK_SECONDS", "300"))
WORKERS = 4
KILL_SECONDS = 2.0
BASE_BYTES = 150_000_000
BYTES_PER_JOB = 20_000


@row(within_seconds=SECONDS + 240)
async def one_of_four_workers_is_killed_every_two_seconds(world: World) -> Sequence[float]:
    """While 1,000 jobs come in 300 s (SOAK_JOBS, SOAK_SECONDS). Measured from the last kill to the last job's end."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=1.0)
    workers = await world.workers(WORKERS)
    kills, dice = round(SECONDS / KILL_SECONDS), random.Random(11)
    for kill in range(kills):
        await world.approve(JOBS * (kill + 1) // kills - JOBS * kill // kills)
        await asyncio.sleep(KILL_SECONDS)
        await _stays_small(world, workers)
        victim = dice.choice(workers)
        victim.kill()
        victim.spawn()
    return [await world.until_ended(seconds=120)]


async def _stays_small(world: World, workers: Sequence[Service]) -> None:
    """Hold every worker's memory against the target for the jobs in flight."""
    statuses = await world.statuses()
    in_flight = sum(statuses.get(job) not in FINAL for job in world.approved)
    limit = BASE_BYTES + BYTES_PER_JOB * in_flight
    largest = max(_memory(one.process.pid) for one in workers if one.process)
    assert largest <= limit, f"a worker grew to {largest / 1e6:.0f} MB with {in_flight} jobs in flight"


def _memory(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
