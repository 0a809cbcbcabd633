"""One role to a process: each may die and come back without the others."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from tests.system.faults.killed_workers import JOBS, RESUMED_SECONDS
from tests.system.faults.matrix import row
from tests.system.faults.world import World
from tests.system.running import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Two workers, two relays and an API, each a process of its own."""

    workers: Sequence[Service]
    relays: Sequence[Service]
    api: Service


async def _split(world: World, *, render_seconds: float = 3.0) -> Split:
    world.with_nats()
    world.with_postgres()
    world.with_provider(render_seconds=render_seconds)
    api = world.worker("api")
    workers = [world.worker(f"worker-{number}") for number in (1, 2)]
    relays = [world.worker(f"relay-{number}") for number in (1, 2)]
    await api.start("--role", "api")
    for role, services in (("worker", workers), ("relay", relays)):
        for service in services:
            service.spawn("--role", role)
    await asyncio.gather(*(_working(world, service) for service in (*workers, *relays)))
    return Split(workers=workers, relays=relays, api=api)


async def _working(world: World, service: Service) -> None:
    async def said() -> bool:
        return '"bus_ready"' in service.log_path.read_text(errors="replace")

    await world.until(said, f"{service.data_dir.name} at work")


@row(limit_seconds=RESUMED_SECONDS)
async def a_worker_role_is_killed(world: World) -> Sequence[float]:
    """Of `serve --role worker` twice, `relay` twice and `api`, the worker with the renders is killed."""
    split = await _split(world, render_seconds=6.0)
    await world.until_created(await world.approve(JOBS))
    owners = list((await world.owners()).values())
    victim = max(split.workers, key=lambda one: owners.count(one.process.pid) if one.process else 0)
    victim.kill()
    return [await world.until_taken_from(victim)]


@row(limit_seconds=RESUMED_SECONDS)
async def a_relay_role_is_killed(world: World) -> Sequence[float]:
    """The relay that announces is killed while events come; the other one goes on where the stream ends."""
    split = await _split(world)
    await world.until_ended(await world.approve(JOBS))
    pid = await world.announcer()
    victim = next(one for one in split.relays if one.process and one.process.pid == pid)
    victim.kill()
    await world.approve(JOBS)
    await world.until_written()
    return [await world.until_announced()]


@row(limit_seconds=RESUMED_SECONDS)
async def a_relay_role_is_paused_past_its_turn_and_comes_back(world: World) -> Sequence[float]:
    """SIGSTOP of the relay that announces; the other one goes on, and the first one repeats nothing on SIGCONT."""
    split = await _split(world, render_seconds=0.5)
    await world.until_ended(await world.approve(2))
    await world.until_announced()
    pid = await world.announcer()
    victim = next(one for one in split.relays if one.process and one.process.pid == pid)
    victim.signal(signal.SIGSTOP)
    await world.approve(JOBS)
    await world.until_written()
    took = await world.until_announced()
    victim.signal(signal.SIGCONT)
    await world.until_ended(await world.approve(JOBS))
    return [took]


@row()
async def both_relays_are_killed_and_come_back_later(world: World) -> Sequence[float]:
    """Nothing is announced while jobs end; a relay that starts afterwards says all of it in order."""
    split = await _split(world)
    for relay in split.relays:
        relay.kill()
    await world.until_ended(await world.approve(JOBS))
    split.relays[0].spawn("--role", "relay")
    return [await world.until_announced()]


@row()
async def an_api_role_is_killed(world: World) -> Sequence[float]:
    """The API dies while jobs render; they end without it, and it shows them when it is back."""
    split = await _split(world)
    jobs = await world.approve(JOBS)
    await world.until_created(jobs)
    split.api.kill()
    await world.until_ended(jobs)
    split.api.spawn("--role", "api")
    took = await world.until(split.api.is_ready, "ready")
    job = await split.api.job(jobs[0])
    assert job is not None
    assert job["status"] == "completed"
    return [took]
