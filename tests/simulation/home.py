"""An installation with its processes and its people."""

from __future__ import annotations

import asyncio

from tests.simulation.deployment import Deployment
from tests.simulation.installation import Installation
from tests.simulation.people import People
from tests.simulation.process import Process
from tests.simulation.world import World


class Home:
    """Processes come and go; what they share stays."""

    def __init__(self, installation: Installation, deployment: Deployment, world: World) -> None:
        self.installation = installation
        self.deployment = deployment
        self.deployments = [deployment]
        self.people = People(self)
        self.processes: list[Process] = []
        self.world = world
        self.absent_until = 0.0

    @property
    def name(self) -> str:
        """The installation's name."""
        return self.installation.name

    @property
    def running(self) -> list[Process]:
        """The processes that run now."""
        return [process for process in self.processes if process.is_running and not process.has_ended]

    async def restart(self, after_seconds: float) -> None:
        """Start a process after some seconds, and not before an absence of all is over."""
        await asyncio.sleep(max(after_seconds, self.absent_until - self.world.loop.time()))
        self.start()

    def start(self) -> None:
        """Start a process with the settings of now."""
        name = f"{self.name}{len(self.processes) + 1}"
        self.world.story.tell(name, f"starts: {self.deployment}")
        self.processes.append(Process(name, self.installation, self.deployment, self.world))
