"""Connections to PostgreSQL that are cut, stalled, slow, taken or blocked, with the server alive behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg

from tests.system.faults.matrix import row
from tests.system.faults.postgres_restarts import BACK_SECONDS, JOBS, writes_again
from tests.system.faults.proxy import Proxy
from tests.system.faults.world import LEASE_SECONDS, World

STALL_SECONDS = LEASE_SECONDS * 3


async def _behind_a_proxy(world: World, *, workers: int = 1) -> Proxy:
    world.with_nats()
    postgres = world.with_postgres()
    proxy = await world.proxy_to(postgres.port)
    world.worker_database_url = world.database_url.replace(f":{postgres.port}/", f":{proxy.port}/")
    world.with_provider(render_seconds=2.0)
    await world.workers(workers)
    return proxy


@row(limit_seconds=BACK_SECONDS, quick=True)
async def the_connection_is_cut_after_a_commit(world: World) -> Sequence[float]:
    """A proxy passes an append to the server and breaks the connection before its answer, six times."""
    proxy = await _behind_a_proxy(world)
    recoveries = []
    for _ in range(6):
        before = proxy.cuts
        proxy.cut_before_answer_to = b"RenderRequested"
        await world.approve(2)

        async def lost(seen: int = before) -> bool:
            return proxy.cuts > seen

        await world.until(lost, "a lost answer")
        recoveries.append(await writes_again(world))
    return recoveries


@row(limit_seconds=BACK_SECONDS)
async def the_connections_to_postgresql_are_cut_while_jobs_run(world: World) -> Sequence[float]:
    """A proxy resets every connection ten times while two workers render."""
    proxy = await _behind_a_proxy(world, workers=2)
    recoveries = []
    for _ in range(10):
        await world.approve(2)
        proxy.cut()
        recoveries.append(await writes_again(world))
    assert proxy.cuts >= 10, "the proxy did not cut: this fault would prove nothing"
    return recoveries


@row(limit_seconds=BACK_SECONDS)
async def the_connections_to_postgresql_stall(world: World) -> Sequence[float]:
    """A proxy holds every byte back for three leases; connections stay open. Measured from its end."""
    proxy = await _behind_a_proxy(world, workers=2)
    await world.until_created(await world.approve(JOBS))
    proxy.stalled = True
    await asyncio.sleep(STALL_SECONDS)
    proxy.stalled = False
    return [await writes_again(world)]


@row()
async def the_way_to_postgresql_is_slow(world: World) -> Sequence[float]:
    """A proxy adds 100 ms to every packet in both directions."""
    proxy = await _behind_a_proxy(world, workers=2)
    proxy.delay_seconds = 0.1
    return [await world.until_ended(await world.approve(JOBS))]


@row(limit_seconds=BACK_SECONDS)
async def postgresql_refuses_connections(world: World) -> Sequence[float]:
    """A proxy cuts all connections and takes none for five seconds, then again."""
    proxy = await _behind_a_proxy(world, workers=2)
    await world.until_created(await world.approve(JOBS))
    proxy.refuse()
    await asyncio.sleep(5)
    await proxy.start()
    return [await writes_again(world)]


@row(limit_seconds=BACK_SECONDS)
async def every_backend_is_terminated(world: World) -> Sequence[float]:
    """pg_terminate_backend of all connections of the service, ten times while two workers render."""
    world.with_nats()
    postgres = world.with_postgres()
    world.with_provider(render_seconds=2.0)
    await world.workers(2)
    recoveries = []
    connection = await asyncpg.connect(postgres.dsn())

    async def terminated() -> bool:
        """Between two terminations the workers may have no connection for a moment."""
        return bool(
            await connection.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reelwright'"
            )
        )

    try:
        for _ in range(10):
            await world.approve(2)
            await world.until(terminated, "a connection to terminate")
            recoveries.append(await writes_again(world))
    finally:
        await connection.close()
    return recoveries


@row()
async def all_connections_of_the_server_are_taken(world: World) -> Sequence[float]:
    """Other clients hold every connection that is left for eight seconds, so no pool can grow."""
    world.with_nats()
    postgres = world.with_postgres(max_connections="16")
    world.with_provider(render_seconds=2.0)
    await world.workers(1)
    held = []
    try:
        while True:
            held.append(await asyncpg.connect(postgres.dsn()))
    except asyncpg.TooManyConnectionsError:
        pass
    await world.approve(JOBS)
    await asyncio.sleep(8)
    for connection in held:
        await connection.close()
    return [await world.until_ended()]


@row(limit_seconds=BACK_SECONDS)
async def another_client_locks_the_log(world: World) -> Sequence[float]:
    """A client holds `events` in a transaction for three leases, as a careless operator does. Measured from its end."""
    world.with_nats()
    postgres = world.with_postgres()
    world.with_provider(render_seconds=2.0)
    await world.workers(2)
    await world.until_created(await world.approve(JOBS))
    connection = await asyncpg.connect(postgres.dsn())
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE events IN EXCLUSIVE MODE")
            await asyncio.sleep(STALL_SECONDS)
    finally:
        await connection.close()
    return [await writes_again(world)]
