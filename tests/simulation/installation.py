"""What the processes of one installation share: database, disk and stream. Some of it may be away."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from domain.errors import Unavailable
from domain.events import Event
from domain.evolve import replay
from domain.job import Job
from domain.steps import StepKind
from tests.simulation.bus import Stream
from tests.simulation.disk import Disk
from tests.simulation.stores.database import Fault, MemoryDatabase
from tests.simulation.stores.tables import MemoryTables
from tests.simulation.story import Story
from tests.simulation.wire import Wire

T = TypeVar("T")

REFUSED_SLOWNESS = 200.0
AWAY = "renderer: "
"""How the wait of a job begins whose renderer is not configured where it is worked on."""
ANOTHER = "another create: "
"""How the wait of a job begins whose input is that of an unresolved render."""
CHANGES = frozenset({"append", "claim", "renew", "release", "lead", "step_down", "save"})
"""The calls to the database that change what others do; before and after these a nemesis may strike."""
_TOLD = ("token", "render_id", "outcome", "reason", "cost", "basis", "stage", "output_url")


class Installation:
    """One database with its workers."""

    def __init__(self, name: str, wire: Wire, chance: random.Random, *, story: Story) -> None:
        self.name = name
        self.ahead_seconds = 0.0
        """How far the clock of a process that starts now is ahead."""
        self.tables = MemoryTables()
        self.disk = Disk()
        self.stream = Stream()
        self.database_is_away = False
        self.loses_answers = 0.0
        """The chance that the database's answer is lost."""
        self.committed_at: list[float] = []
        """The true time of each event, by position."""
        self._folded: tuple[int, tuple[Job, ...]] | None = None
        self.wire, self._chance, self._story = wire, chance, story

    def database_of(self, process: str) -> MemoryDatabase:
        """Return the way of a process to the database."""
        return DatabaseLink(self, process)

    def waits_for_its_renderer(self, job_id: str) -> bool:
        """Tell whether a job says that it waits until the renderer of its render is configured again."""
        return self._wait_of(job_id).startswith(AWAY)

    def waits_with_a_reason(self, job_id: str) -> bool:
        """Tell whether a job says that it waits for something that only people change."""
        is_to_request = self.tables.jobs[job_id]["step"] == StepKind.REQUEST
        return self._wait_of(job_id).startswith(ANOTHER if is_to_request else AWAY)

    def _wait_of(self, job_id: str) -> str:
        return self.tables.waits.get(job_id, (0, ""))[1]

    def jobs(self) -> Sequence[Job]:
        """Return every job as its history makes it, folded once. Raises ReelwrightError for an illegal history."""
        tables = self.tables
        if self._folded is None or self._folded[0] != len(tables.events):
            jobs = tuple(
                replay(job_id, (stored.recorded.event for stored in history))
                for job_id, history in tables.by_job.items()
            )
            self._folded = len(tables.events), jobs
        return self._folded[1]

    def note_commits(self, process: str) -> None:
        """Tell the events that are new in the log."""
        for stored in self.tables.events[len(self.committed_at) :]:
            self.committed_at.append(self._story.seconds)
            self._story.tell(process, f"{stored.job_id} v{stored.version} {summary(stored.recorded.event)}")

    def fault(self, _call: str) -> Fault:
        if self.database_is_away:
            return Fault.AWAY
        lost = self.loses_answers and self._chance.random() < self.loses_answers
        return Fault.ANSWER_LOST if lost else Fault.NONE


class DatabaseLink(MemoryDatabase):
    """The way to the database over the wire: what was sent takes effect also when its sender is dead by then."""

    def __init__(self, installation: Installation, process: str) -> None:
        super().__init__(installation.tables, fault=installation.fault)
        self._installation, self._process = installation, process

    async def run(self, call: str, work: Callable[[MemoryTables], T], *, done: Callable[[T], None] | None = None) -> T:
        """Run `work` at the database, and `done` with its answer. Raises Unavailable, as ordered."""
        fault, wire = self.fault(call), self._installation.wire
        if fault is Fault.AWAY:
            await wire.exchange(lambda: None, slowness=REFUSED_SLOWNESS)
            raise Unavailable("the database cannot be reached")
        send = wire.exchange if call in CHANGES else wire.ask
        answer = await send(lambda: self._work(call, work))
        if fault is Fault.ANSWER_LOST:
            raise Unavailable("the connection to the database was lost")
        if done is not None:
            done(answer)
        return answer

    def _work(self, call: str, work: Callable[[MemoryTables], T]) -> T:
        answer = work(self.tables)
        if call == "append":
            self._installation.note_commits(self._process)
        return answer


def summary(event: Event) -> str:
    """Return an event in short: its type, and the fields that matter to who reads a story."""
    told = {name: getattr(event, name) for name in _TOLD if getattr(event, name, None) is not None}
    return " ".join([type(event).__name__, *(f"{name}={value}" for name, value in told.items())])
