"""Something changes between the request and the look: the settings, the clock, what the provider still remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.system.faults.matrix import row
from tests.system.faults.tools import Clock
from tests.system.faults.world import World
from tests.system.paid_once.provider import Provider
from tests.system.running import Service

FOR_EVER_SECONDS = 300.0
HOUR_SECONDS = 3600
JOBS = 4
OTHER_MODEL = {"REELWRIGHT_REPLICATE_MODEL": "minimax/video-01", "REELWRIGHT_REPLICATE_PROFILE": "minimax-video-01"}


async def _in_doubt(world: World, provider: Provider, worker: Service) -> None:
    """Approve jobs whose creates never get an answer, and end the worker in the middle of them."""
    provider.change(rates={"create": {"hang_after": 1.0}}, hang_seconds=FOR_EVER_SECONDS)
    jobs = await world.approve(JOBS)

    async def created() -> bool:
        made = await asyncio.to_thread(lambda: [len(provider.creates_of(job)) for job in jobs])
        return all(made)

    await world.until(created, "every create at the provider")
    worker.kill()
    provider.change(rates={})


@row(quick=True)
async def another_model_is_deployed_while_creates_are_in_doubt(world: World) -> Sequence[float]:
    """Kill -9 with all creates unanswered, then another model and profile: each render is adopted as what it was."""
    world.with_nats()
    provider = world.with_provider(render_seconds=1.0)
    (worker,) = await world.workers(1)
    await _in_doubt(world, provider, worker)
    deployed = world.worker("deployed", **OTHER_MODEL)
    await deployed.start()
    return [await world.until_ended()]


@row()
async def renders_are_made_on_this_machine_while_paid_ones_run(world: World) -> Sequence[float]:
    """SIGTERM with accepted renders, then REELWRIGHT_RENDERER=slideshow: they are followed and fetched all the same."""
    world.with_nats()
    world.with_provider(render_seconds=3.0)
    (worker,) = await world.workers(1)
    await world.until_created(await world.approve(JOBS))
    worker.stop()
    deployed = world.worker("deployed", REELWRIGHT_RENDERER="slideshow")
    await deployed.start()
    return [await world.until_ended()]


@row()
async def the_clock_is_put_right_after_requests_from_the_future(world: World) -> Sequence[float]:
    """A worker an hour ahead asks and is killed before the answers; its successor's clock is right."""
    world.with_nats()
    provider = world.with_provider(render_seconds=1.0)
    clock = Clock(world.folder)
    clock.shift(HOUR_SECONDS)
    ahead = world.worker("ahead", **clock.settings)
    await ahead.start()
    await _in_doubt(world, provider, ahead)
    right = world.worker("right")
    await right.start()
    return [await world.until_ended()]


@row()
async def everybody_is_away_until_the_provider_has_forgotten(world: World) -> Sequence[float]:
    """Kill -9 with accepted renders; their data is removed before a worker comes back two hours later by its clock."""
    world.with_nats()
    provider = world.with_provider(render_seconds=0.3)
    (worker,) = await world.workers(1, REELWRIGHT_POLL_INTERVAL_SECONDS="60")
    jobs = await world.approve(JOBS)
    await world.until_created(jobs)
    worker.kill()
    for create in provider.creates:
        provider.remove_data(create["id"])
    world.may_fail |= set(jobs)
    clock = Clock(world.folder)
    clock.shift(2 * HOUR_SECONDS)
    late = world.worker("late", **clock.settings)
    await late.start()
    took = await world.until_ended()
    creates = [len(provider.creates_of(job)) for job in jobs]
    assert creates == [1] * JOBS, f"created {creates} times"
    costs = await world.rows("SELECT job_id, actual_cost FROM jobs WHERE status = 'failed'")
    assert len(costs) == JOBS, "a render without its output did not fail"
    assert all(float(cost) > 0 for _, cost in costs), "accepted and forgotten is paid"
    return [took]
