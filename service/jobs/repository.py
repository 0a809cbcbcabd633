"""Load a job, decide, append: the one way in which anything in this program changes a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.commands import Command
from domain.decide import advance
from domain.errors import IllegalMove, VersionConflict
from domain.evolve import replay
from domain.job import Job
from domain.lru import Lru
from domain.records import Append, Lease, NewEvent
from domain.steps import is_idle
from service.jobs.event_store import EventStore

MOST_CONFLICTS = 20
REMEMBERED_JOBS = 10_000


class JobRepository:
    """Jobs as they stand, and commands to them. Remembers the newest states it wrote; the store has the last word."""

    def __init__(self, store: EventStore, *, new_id: Callable[[], str], metadata: Mapping[str, str]) -> None:
        self._store = store
        self._new_id = new_id
        self._metadata = metadata
        self._remembered: Lru[str, Job] = Lru(REMEMBERED_JOBS)

    async def load(self, job_id: str, *, upto_version: int | None = None) -> Job:
        """Fold the stored history; of an unknown job this is one in `new`."""
        history = await self._store.history(job_id, upto_version=upto_version)
        return replay(job_id, (recorded.event for recorded in history))

    def recall(self, job_id: str) -> Job | None:
        """Return the newest state that this process wrote, which may be old."""
        return self._remembered.get(job_id)

    async def append(self, job: Job, *commands: Command, lease: Lease | None = None) -> Job:
        """Append in one transaction what the commands make of `job`, and return it as it is then.

        Under a lease, a write that leaves nothing to do now gives the lease back with it.
        Raises VersionConflict, Fenced, IllegalMove, Unavailable.
        """
        after, events = job, list[NewEvent]()
        for command in commands:
            made, after = advance(command, after)
            events += [NewEvent(event_id=self._new_id(), event=event) for event in made]
        if not events:
            return job
        release = lease is not None and is_idle(after)
        entry = Append(job=after, events=tuple(events), lease=lease, release=release, metadata=self._metadata)
        await self._store.append(entry)
        self._remembered[job.job_id] = after
        return after

    async def create(self, job_id: str, command: Command) -> Job:
        """Execute a first command: a job that nobody remembers is taken as new, and the store objects if it is not.

        Raises IllegalMove, Unavailable.
        """
        job = self.recall(job_id) or Job(job_id=job_id)
        try:
            return await self.append(job, command)
        except (VersionConflict, IllegalMove):
            self._remembered.pop(job_id, None)
        return await self.execute(job_id, command)

    async def execute(self, job_id: str, command: Command) -> Job:
        """Execute a command on the job as it stands, whoever else is writing. Raises IllegalMove, Unavailable."""
        if (remembered := self.recall(job_id)) is not None:
            try:
                return await self.append(remembered, command)
            except (VersionConflict, IllegalMove):
                self._remembered.pop(job_id, None)
        for _ in range(MOST_CONFLICTS):
            try:
                return await self.append(await self.load(job_id), command)
            except VersionConflict:
                continue
        raise VersionConflict(f"job {job_id} kept changing: {type(command).__name__} was not executed")
