"""The disk of the videos: full, or read-only. The job waits and goes on; a finished render is never paid again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tests.system.faults.matrix import row
from tests.system.faults.tools import fill, make_read_only, small_disk
from tests.system.faults.world import World
from tests.system.running import Service

JOBS = 3


async def _on_a_small_disk(world: World) -> tuple[Service, Path]:
    """Nobody hears that a render has ended before `_nothing_completes`: the fault is there before the downloads are."""
    disk = small_disk(world, "disk")
    world.with_nats()
    world.with_provider(rates={"get": {"error": 1.0}})
    worker = world.worker("disk/one")
    worker.log_path = world.folder / "one.log"
    worker.spawn()

    async def working() -> bool:
        return '"bus_ready"' in worker.log_path.read_text(errors="replace")

    await world.until(working, "the worker at work")
    return worker, disk


async def _nothing_completes(world: World, jobs: Sequence[str]) -> None:
    """Let the jobs meet the fault, and see that none of them ends by it."""
    assert world.provider is not None
    world.provider.change(rates={})
    await world.until_in("downloading", jobs)
    await asyncio.sleep(3)
    statuses = await world.statuses()
    assert {statuses[job] for job in jobs} == {"downloading"}, f"the fault did not hit: {statuses}"


@row(quick=True)
async def the_disk_of_the_videos_is_full(world: World) -> Sequence[float]:
    """A tmpfs filled to the last page before the downloads; measured from the space's return to the last video."""
    worker, disk = await _on_a_small_disk(world)
    jobs = await world.approve(JOBS)
    await world.until_created(jobs)
    ballast = fill(disk)
    await _nothing_completes(world, jobs)
    checks = (await worker.get("/readyz")).json()["checks"]
    assert not checks["disk"]["ok"], f"it does not tell of the disk: {checks}"
    ballast.unlink()
    return [await world.until_ended()]


@row()
async def the_disk_of_the_videos_is_read_only(world: World) -> Sequence[float]:
    """A tmpfs that is mounted again as read-only, as a kernel does after an error; measured from its being writable."""
    _, disk = await _on_a_small_disk(world)
    jobs = await world.approve(JOBS)
    await world.until_created(jobs)
    make_read_only(disk)
    await _nothing_completes(world, jobs)
    make_read_only(disk, read_only=False)
    return [await world.until_ended()]
