"""An installation with its processes and its people."""

from __future__ import annotations

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

    @property
    def name(self) -> str:
        """The installation's name."""
        return self.installation.name

    @property
    def running(self) -> list[Process]:
        """The processes that run now."""
        return [process for process in self.processes if process.is_running and not process.has_ended]

    def start(self) -> None:
        """Start a process with the settings of now."""
        name = f"{self.name}{len(self.processes) + 1}"
        self.world.story.tell(name, f"starts: {self.deployment}")
        self.processes.append(Process(name, self.installation, self.deployment, self.world))
