"""Workers that stand still past their lease and come back: they are refused, and stop what is no longer theirs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence

from tests.system.faults.killed_workers import JOBS, RESUMED_SECONDS, busiest
from tests.system.faults.matrix import row
from tests.system.faults.world import LEASE_SECONDS, World
from tests.system.running import Service


async def refused(world: World, worker: Service) -> None:
    """Wait until the one that came back has noticed that its jobs are others'."""

    async def noticed() -> bool:
        return '"lease_lost"' in worker.log_path.read_text(errors="replace")

    await world.until(noticed, "the lost lease noticed", seconds=10)


@row(limit_seconds=RESUMED_SECONDS, quick=True)
async def a_worker_is_paused_past_its_lease_and_comes_back(world: World) -> Sequence[float]:
    """SIGSTOP while it renders, SIGCONT when another worker has its jobs: it must stop them at its next write."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=6.0)
    workers = await world.workers(2)
    await world.until_created(await world.approve(JOBS))
    victim = await busiest(world, workers)
    victim.signal(signal.SIGSTOP)
    took = await world.until_taken_from(victim)
    victim.signal(signal.SIGCONT)
    await refused(world, victim)
    return [took]


@row(limit_seconds=RESUMED_SECONDS)
async def a_worker_is_paused_while_it_waits_for_a_create(world: World) -> Sequence[float]:
    """SIGSTOP with the POST sent and unanswered; another worker adopts what was created; SIGCONT: no second create."""
    world.with_nats()
    world.with_postgres()
    provider = world.with_provider(rates={"create": {"hang_after": 1.0}}, hang_seconds=4.0)
    workers = await world.workers(2, REELWRIGHT_CREATE_TIMEOUT_SECONDS="5")
    jobs = await world.approve(JOBS)

    async def created() -> bool:
        return len(provider.creates) == len(jobs)

    await world.until(created, "every create in the books")
    provider.change(rates={})
    victim = await busiest(world, workers)
    victim.signal(signal.SIGSTOP)
    took = await world.until_taken_from(victim)
    victim.signal(signal.SIGCONT)
    return [took]


@row()
async def workers_are_paused_in_turn_for_half_a_minute(world: World) -> Sequence[float]:
    """Three workers, one of them stopped for a lease and a half at any time, while jobs keep coming."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=1.0)
    workers = await world.workers(3)
    for turn in range(9):
        await world.approve(4)
        victim = workers[turn % 3]
        victim.signal(signal.SIGSTOP)
        await asyncio.sleep(LEASE_SECONDS * 1.5)
        victim.signal(signal.SIGCONT)
    return [await world.until_ended()]
