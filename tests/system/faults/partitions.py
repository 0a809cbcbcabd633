"""A worker in a network of its own, whose cable is pulled: every packet is dropped in silence, in both directions."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence

from tests.system.faults.killed_workers import JOBS, RESUMED_SECONDS, busiest
from tests.system.faults.matrix import NotRun, row
from tests.system.faults.tools import need_root
from tests.system.faults.world import World
from tests.system.running import REELWRIGHT, Service

OUTSIDE, INSIDE = "10.213.77.1", "10.213.77.2"


class Island:
    """A network namespace behind a pair of virtual interfaces; the servers are reached through proxies at its edge."""

    def __init__(self, world: World) -> None:
        need_root("make a network namespace")
        if shutil.which("ip") is None:
            raise NotRun("the command `ip` is not installed")
        self.name = f"reelwright{os.getpid()}"
        self._cable = f"rw{os.getpid() % 100000}"
        try:
            self._make()
        except subprocess.CalledProcessError as error:
            raise NotRun(f"no network namespace: {error.stderr.decode().strip()}") from error
        world.stack.callback(self._remove)

    def _make(self) -> None:
        inside = f"{self._cable}i"
        _ip("netns", "add", self.name)
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", inside)
        _ip("link", "set", inside, "netns", self.name)
        _ip("addr", "add", f"{OUTSIDE}/30", "dev", self._cable)
        _ip("link", "set", self._cable, "up")
        for command in (["addr", "add", f"{INSIDE}/30", "dev", inside], ["link", "set", inside, "up"]):
            _ip("-n", self.name, *command)
        _ip("-n", self.name, "link", "set", "lo", "up")

    def _remove(self) -> None:
        subprocess.run(["ip", "link", "del", self._cable], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)

    def plug(self, *, pulled: bool) -> None:
        """Pull the cable or put it back."""
        _ip("link", "set", self._cable, "down" if pulled else "up")

    def spawn(self, service: Service) -> None:
        """Start the service inside; `ip netns exec` becomes the service, so its process id is the service's."""
        command = ["ip", "netns", "exec", self.name, str(REELWRIGHT), "serve"]
        with service.log_path.open("ab") as log:
            service.process = subprocess.Popen(
                command, env=service.environment, stdout=log, stderr=log, cwd=service.data_dir.parent
            )


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@row(limit_seconds=RESUMED_SECONDS)
async def a_worker_is_cut_off_the_network_and_comes_back(world: World) -> Sequence[float]:
    """The cable of the worker with the renders is pulled past its lease; back again, it has nothing to say any more."""
    bus, postgres = world.with_nats(), world.with_postgres()
    provider = world.with_provider(rates={"get": {"error": 1.0}})  # the renders last until others have them
    island = Island(world)
    ports = {port: await world.proxy_to(port, host=OUTSIDE) for port in (bus.port, postgres.port, provider.port)}
    inside = world.worker(
        "inside",
        REELWRIGHT_NATS_URL=f"nats://{OUTSIDE}:{ports[bus.port].port}",
        REELWRIGHT_DATABASE_URL=world.database_url.replace(
            f"127.0.0.1:{postgres.port}", f"{OUTSIDE}:{ports[postgres.port].port}"
        ),
        REELWRIGHT_REPLICATE_BASE_URL=f"http://{OUTSIDE}:{ports[provider.port].port}/v1",
    )
    island.spawn(inside)

    async def working() -> bool:
        return '"bus_ready"' in inside.log_path.read_text(errors="replace")

    await world.until(working, "the worker inside at work")
    await world.until_created(await world.approve(JOBS))
    outside = world.worker("outside")
    await outside.start()
    victim = await busiest(world, [inside, outside])
    assert victim is inside
    island.plug(pulled=True)
    took = await world.until_taken_from(inside)
    provider.change(rates={})
    island.plug(pulled=False)
    await world.until_ended()
    inside.signal(signal.SIGTERM)
    return [took]
