"""A JetStream cluster of three with three copies of each stream: its leaders die under load, and nothing is lost."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from adapters.bus.nats_process import find_server
from tests.fixtures.nats import free_port
from tests.system.faults.bus import bus_client
from tests.system.faults.matrix import row
from tests.system.faults.nats_away import works_again
from tests.system.faults.world import World

NODES = 3
STOP_SECONDS = 10.0
ELECTION_SECONDS = 10.0
"""The servers elect a new leader within seconds of their own choice; the service adds little to it."""


class Cluster:
    """Three servers that know each other, by number."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="reelwright-cluster-"))
        self.ports = [free_port() for _ in range(NODES)]
        self._routes = [free_port() for _ in range(NODES)]
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * NODES

    @property
    def url(self) -> str:
        return ",".join(f"nats://127.0.0.1:{port}" for port in self.ports)

    def start(self, number: int) -> None:
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in self._routes)
        config = self.folder / f"{number}.conf"
        config.write_text(
            f'server_name: "n{number}"\nlisten: "127.0.0.1:{self.ports[number]}"\nmax_payload: 8MB\n'
            f'jetstream {{ store_dir: "{self.folder}/{number}", max_file_store: 8GB, sync_interval: always }}\n'
            f'cluster {{ name: "c", listen: "127.0.0.1:{self._routes[number]}", routes: [{routes}] }}\n'
        )
        with (self.folder / f"{number}.log").open("ab") as log:
            self._processes[number] = subprocess.Popen([find_server(), "-c", config], stdout=log, stderr=log)

    def kill(self, number: int) -> None:
        process = self._processes[number]
        if process is not None:
            process.kill()
            process.wait(STOP_SECONDS)
            self._processes[number] = None

    async def leader(self, stream: str) -> int:
        """Return the number of the node that leads the stream."""
        async with bus_client(self.url) as client:
            cluster = (await client.jetstream(timeout=5).stream_info(stream)).cluster
        assert cluster is not None
        assert cluster.leader is not None
        return int(cluster.leader.removeprefix("n"))

    def __enter__(self) -> Self:
        for number in range(NODES):
            self.start(number)
        return self

    def __exit__(self, *_: object) -> None:
        for number in range(NODES):
            self.kill(number)
        shutil.rmtree(self.folder, ignore_errors=True)


@row(limit_seconds=ELECTION_SECONDS)
async def the_leader_of_a_cluster_is_killed_under_load(world: World) -> Sequence[float]:
    """Kill -9 of the leader of VIDEO, then of STORYBOARD's, each started again before the next; two workers."""
    cluster = world.stack.enter_context(Cluster())
    world.nats_url = cluster.url
    world.with_postgres()
    world.with_provider(render_seconds=1.0)
    await world.workers(2, REELWRIGHT_NATS_REPLICAS=str(NODES))
    recoveries = []
    for stream in ("VIDEO", "STORYBOARD"):
        await world.approve(10)
        leader = await cluster.leader(stream)
        cluster.kill(leader)
        recoveries.append(await works_again(world))
        cluster.start(leader)
        await asyncio.sleep(2)
    return recoveries
