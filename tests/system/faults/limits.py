"""Limits of the system: too many open files, not enough memory."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.system.faults.matrix import NotRun, row
from tests.system.faults.tools import limit_memory
from tests.system.faults.world import World

MEBIBYTE = 1024 * 1024


def open_files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


@row()
async def no_more_files_can_be_opened(world: World) -> Sequence[float]:
    """RLIMIT_NOFILE of the running service is set to what it has open, for eight seconds, while jobs render."""
    if not hasattr(resource, "prlimit"):
        raise NotRun("the limit of another process cannot be set here")
    world.with_nats()
    world.with_provider(render_seconds=1.0)
    (worker,) = await world.workers(1)
    assert worker.process is not None
    pid = worker.process.pid
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    await world.until_created(await world.approve(4))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_files(pid), usual[1]))
    await world.approve(6)
    await asyncio.sleep(8)
    assert worker.process.poll() is None, "it did not live through it"
    resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
    return [await world.until_ended()]


@row()
async def the_kernel_kills_for_memory(world: World) -> Sequence[float]:
    """A control group with less memory than the worker uses: the kernel ends it while it renders, others go on."""
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=6.0)
    workers = await world.workers(2)
    jobs = await world.approve(6)
    await world.until_created(jobs)
    owners = list((await world.owners()).values())
    victim = max(workers, key=lambda one: owners.count(one.process.pid) if one.process else 0)
    assert victim.process is not None
    limit_memory(world, victim, 4 * MEBIBYTE)
    assert psutil.Process(victim.process.pid).memory_info().rss > 4 * MEBIBYTE
    await world.approve(10)

    async def dead() -> bool:
        return victim.process is not None and victim.process.poll() is not None

    try:
        await world.until(dead, "the kernel's kill", seconds=15)
    except AssertionError:
        raise NotRun("the kernel does not kill in a control group that is too small") from None
    return [await world.until_ended()]
