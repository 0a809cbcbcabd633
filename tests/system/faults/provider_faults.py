"""The provider is away, dies, or fails one job's render beside healthy ones; money is spent once all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.system.faults.matrix import row
from tests.system.faults.world import World
from tests.system.running import approval

HEALTHY = 5


@row()
async def the_provider_fails_every_create_at_first(world: World) -> Sequence[float]:
    """Answers are lost, cut and hang, and creates that never happened answer 500: each job is created once."""
    world.with_nats()
    world.with_postgres()
    rates = {"create": {"lose_answer": 0.3, "error_after": 0.2, "half_answer": 0.1, "error_before": 0.2}}
    world.with_provider(rates=rates, seed=3)
    await world.workers(2)
    await world.approve(12)
    return [await world.until_ended(seconds=90)]


@row()
async def the_network_to_the_provider_is_cut_while_it_renders(world: World) -> Sequence[float]:
    """Polls and downloads are reset for five seconds; no failed poll renders again."""
    world.with_nats()
    provider = world.with_provider(render_seconds=2.0)
    await world.workers(1)
    await world.until_created(await world.approve(6))
    provider.change(rates={"get": {"reset": 1.0}, "download": {"cut": 1.0}})
    await asyncio.sleep(5)
    provider.change(rates={})
    return [await world.until_ended()]


@row(quick=True)
async def a_poison_job_stands_beside_healthy_ones(world: World) -> Sequence[float]:
    """Local renders: one storyboard whose images cannot be had, one that is huge; the others end unharmed."""
    world.with_nats()
    (worker,) = await world.workers(1, REELWRIGHT_RENDERER="slideshow", REELWRIGHT_RENDER_TIMEOUT_SECONDS="6")
    broken = approval("poison-broken") | {
        "storyboard": [{"image_url": "data:image/jpeg;base64,/9j/4AAQSkZJRg==", "duration_seconds": 1.0}]
    }
    endless = approval("poison-endless", scenes=5, seconds=600.0) | {
        "output": {"width": 1920, "height": 1080, "fps": 60}
    }
    world.may_fail |= {"poison-broken", "poison-endless"}
    healthy = [f"healthy-{number}" for number in range(HEALTHY)]
    world.approved |= {*world.may_fail, *healthy}
    for message in (broken, endless, *(approval(name, scenes=1, seconds=0.3) for name in healthy)):
        await worker.approve(message)
    took = await world.until_ended(healthy)
    await world.until_ended()
    assert {status for job, status in (await world.statuses()).items() if job in world.may_fail} == {"failed"}
    return [took]


@row()
async def a_worker_is_killed_while_it_makes_slideshows(world: World) -> Sequence[float]:
    """Local renders die with their process; after its new start the same attempts begin anew and end."""
    world.with_nats()
    (worker,) = await world.workers(1, REELWRIGHT_RENDERER="slideshow")
    names = [f"film-{number}" for number in range(3)]
    world.approved.update(names)
    for name in names:
        output = {"width": 640, "height": 360, "fps": 30}
        await worker.approve(approval(name, scenes=5, seconds=4.0) | {"output": output})
    await world.until_created(names)
    worker.kill()
    await worker.start()
    return [await world.until_ended()]
