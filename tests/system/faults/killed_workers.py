"""Workers that die without a word: others go on with their jobs within a lease and two seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.system.faults.matrix import row
from tests.system.faults.world import CLAIM_SECONDS, LEASE_SECONDS, World
from tests.system.running import Service

RESUMED_SECONDS = LEASE_SECONDS + CLAIM_SECONDS
RESUMED_AT_DEFAULT_SECONDS = 15.0
JOBS = 6


async def busiest(world: World, workers: Sequence[Service]) -> Service:
    """Return the worker that holds most jobs."""
    owners = list((await world.owners()).values())
    return max(workers, key=lambda one: owners.count(one.process.pid) if one.process else 0)


async def killed_and_replaced(world: World, workers: list[Service]) -> float:
    """Kill the worker that holds most jobs, some of them new, and return after how long others have them."""
    await world.until_created(await world.approve(JOBS))
    victim = await busiest(world, workers)
    workers.remove(victim)
    victim.kill()
    return await world.until_taken_from(victim)


@row(limit_seconds=RESUMED_SECONDS, quick=True)
async def the_owner_is_killed_while_it_renders(world: World) -> Sequence[float]:
    """Three workers on PostgreSQL and NATS; kill -9 of the one that holds most renders, twice."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=8.0)
    workers = await world.workers(3)
    return [await killed_and_replaced(world, workers) for _ in range(2)]


@row(limit_seconds=RESUMED_AT_DEFAULT_SECONDS)
async def the_owner_is_killed_at_the_default_lease(world: World) -> Sequence[float]:
    """The same with leases of ten seconds, as they are where nobody sets them: four workers, three of them killed."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=20.0)
    workers = await world.workers(4, REELWRIGHT_LEASE_SECONDS="10")
    return [await killed_and_replaced(world, workers) for _ in range(3)]


@row(limit_seconds=RESUMED_SECONDS)
async def the_owner_is_killed_while_it_downloads(world: World) -> Sequence[float]:
    """The provider's file stalls in the middle; the downloading worker is killed with half a file on its disk."""
    world.with_nats()
    world.with_postgres()
    provider = world.with_provider(rates={"download": {"stall": 1.0}}, hang_seconds=60.0)
    workers = await world.workers(2)
    await world.until_in("downloading", await world.approve(JOBS))
    victim = await busiest(world, workers)
    provider.change(rates={})
    victim.kill()
    return [await world.until_taken_from(victim)]


@row(limit_seconds=RESUMED_SECONDS)
async def the_owner_is_killed_between_the_create_and_its_answer(world: World) -> Sequence[float]:
    """The provider creates and never answers; the worker dies waiting, and another one adopts the renders."""
    world.with_nats()
    world.with_postgres()
    provider = world.with_provider(rates={"create": {"hang_after": 1.0}}, hang_seconds=60.0)
    workers = await world.workers(2, REELWRIGHT_CREATE_TIMEOUT_SECONDS="5")
    jobs = await world.approve(JOBS)

    async def created() -> bool:
        return len(provider.creates) == len(jobs)

    await world.until(created, "every create in the books")
    victim = await busiest(world, workers)
    provider.change(rates={})
    victim.kill()
    return [await world.until_taken_from(victim)]


@row(limit_seconds=RESUMED_SECONDS)
async def every_worker_is_killed_at_once_and_started_again(world: World) -> Sequence[float]:
    """Kill -9 of both workers; measured from their new start until the last job has an owner again."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=8.0)
    workers = await world.workers(2)
    await world.until_created(await world.approve(JOBS))
    for worker in workers:
        worker.kill()
    old = {worker.process.pid for worker in workers if worker.process}
    await asyncio.gather(*(worker.start() for worker in workers))

    async def owned_again() -> bool:
        owners = await world.owners()
        return len(owners) == JOBS and not old & set(owners.values())

    return [await world.until(owned_again, "new owners")]


@row(limit_seconds=RESUMED_SECONDS)
async def three_workers_are_killed_while_they_make_the_tables(world: World) -> Sequence[float]:
    """Three workers start at once on an empty PostgreSQL and are killed in the middle; then they start again."""
    world.with_nats()
    world.with_postgres()
    world.with_provider()
    workers = [world.worker(f"worker-{number}") for number in range(3)]
    for worker in workers:
        worker.spawn()

    async def begun() -> bool:
        return bool(await world.rows("SELECT 1 FROM pg_stat_activity WHERE application_name = 'reelwright'"))

    await world.until(begun, "a worker in the database")
    for worker in workers:
        worker.kill()
    await asyncio.gather(*(worker.start() for worker in workers))
    return [await world.until_ended(await world.approve(JOBS))]
