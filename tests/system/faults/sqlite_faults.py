"""SQLite: locked, on a full disk, failing to flush, shared by processes, and killed while it writes."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing

from tests.system.faults.killed_workers import JOBS, RESUMED_SECONDS, busiest
from tests.system.faults.matrix import row
from tests.system.faults.postgres_restarts import writes_again
from tests.system.faults.tools import Strace, fill, small_disk
from tests.system.faults.world import World

LOCKED_SECONDS = 10.0
BACK_SECONDS = 2.0
HANG_MICROSECONDS = 8_000_000


@row(limit_seconds=RESUMED_SECONDS)
async def one_of_two_processes_on_a_file_is_killed(world: World) -> Sequence[float]:
    """Two workers on one SQLite file; kill -9 of the one that holds the renders."""
    world.with_nats()
    world.with_provider(render_seconds=5.0)
    workers = await world.workers(2)
    await world.until_created(await world.approve(JOBS))
    victim = await busiest(world, workers)
    victim.kill()
    return [await world.until_taken_from(victim)]


@row(limit_seconds=BACK_SECONDS)
async def another_process_locks_the_file_for_ten_seconds(world: World) -> Sequence[float]:
    """BEGIN IMMEDIATE from outside, longer than every time-out of a statement. Measured from its end."""
    world.with_nats()
    world.with_provider(render_seconds=2.0)
    await world.workers(1)
    await world.until_created(await world.approve(JOBS))
    with closing(sqlite3.connect(world.folder / "reelwright.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        before = await world.last_position()
        await asyncio.sleep(LOCKED_SECONDS)
        assert await world.last_position() == before, "it was not locked: this fault would prove nothing"
        other.execute("ROLLBACK")
    return [await writes_again(world)]


@row()
async def the_disk_of_the_database_is_full(world: World) -> Sequence[float]:
    """A tmpfs filled to the last page while jobs render; measured from the space's return to a new event."""
    disk = small_disk(world, "small")
    world.database_url = world.worker_database_url = f"sqlite:///{disk / 'reelwright.db'}"
    world.with_nats()
    world.with_provider(render_seconds=2.0)
    await world.workers(1)
    await world.until_created(await world.approve(JOBS))
    ballast = fill(disk)
    await world.approve(20)

    async def complained() -> bool:
        return "is full" in world.services[0].log_path.read_text(errors="replace")

    await world.until(complained, "a complaint")
    await asyncio.sleep(3)
    ballast.unlink()
    return [await writes_again(world)]


@row(limit_seconds=BACK_SECONDS)
async def a_process_hangs_inside_the_write_lock(world: World) -> Sequence[float]:
    """strace holds one of two processes in the flush of a commit for eight seconds: nobody writes, nothing is lost."""
    world.with_nats()
    world.with_provider(render_seconds=2.0)
    workers = await world.workers(2)
    await world.until_created(await world.approve(JOBS))
    victim = await busiest(world, workers)
    hang = f"fsync,fdatasync:delay_enter={HANG_MICROSECONDS}:when=1"
    strace = Strace(victim, calls="fsync,fdatasync", inject=hang, path=world.folder / "reelwright.db-wal")

    async def nobody_writes() -> bool:
        before = await world.last_position()
        await asyncio.sleep(2)
        return await world.last_position() == before

    await world.until(nobody_writes, "a flush that hangs")
    waiting = await world.approve(4)
    await asyncio.sleep(2)
    assert not set(waiting) & set(await world.statuses()), "somebody wrote: this fault would prove nothing"
    assert not await strace.has_injected(), "it hangs no more: this fault would prove nothing"
    await world.until(strace.has_injected, "the end of the flush")
    took = await writes_again(world)
    strace.stop()
    return [took]


@row(limit_seconds=BACK_SECONDS)
async def the_disk_cannot_flush(world: World) -> Sequence[float]:
    """strace lets every fsync and fdatasync fail with EIO for four seconds. Measured from its end."""
    world.with_nats()
    world.with_provider(render_seconds=2.0)
    (worker,) = await world.workers(1)
    await world.until_created(await world.approve(2))
    strace = Strace(worker, calls="fsync,fdatasync", inject="fsync,fdatasync:error=EIO")
    await world.approve(4)
    await asyncio.sleep(4)
    strace.stop()
    assert await strace.has_injected(), "no call failed: this fault would prove nothing"
    return [await writes_again(world)]


@row()
async def a_worker_is_killed_while_it_writes_ten_times(world: World) -> Sequence[float]:
    """Kill -9 at random moments under load, always with the same file; every start finds whole events only."""
    world.with_nats()
    world.with_provider(render_seconds=0.2)
    (worker,) = await world.workers(1)
    moments = random.Random(7)
    recoveries = []
    for _ in range(10):
        await world.approve(5)
        await asyncio.sleep(moments.uniform(0.0, 0.6))
        worker.kill()
        await worker.start()
        recoveries.append(await writes_again(world))
    return recoveries


@row()
async def four_processes_start_on_one_new_file(world: World) -> Sequence[float]:
    """All of them want to make the tables at the same moment."""
    world.with_nats()
    world.with_provider()
    await world.workers(4)
    return [await world.until_ended(await world.approve(JOBS))]
