"""Load a job, decide, append: the one way in which anything in this program changes a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.commands import Command
from domain.decide import advance
from domain.errors import IllegalMove, VersionConflict
from domain.job import Job, replay
from domain.lru import Lru
from domain.records import Append, Lease, NewEvent
from domain.steps import rests
from service.jobs.event_store import EventStore

MOST_CONFLICTS = 20
REMEMBERED_JOBS = 10_000


class JobRepository:
    """Jobs as they stand, and orders to them. Remembers the newest states it wrote; the store has the last word.

    `on_command` hears which job somebody ordered, `on_work` that there may be a job that nobody works on.
    """

    def __init__(self, store: EventStore, *, new_id: Callable[[], str], metadata: Mapping[str, str]) -> None:
        self._store = store
        self._new_id = new_id
        self._metadata = metadata
        self._remembered: Lru[str, Job] = Lru(REMEMBERED_JOBS)
        self.on_command: Callable[[str], None] = lambda _job_id: None
        self.on_work: Callable[[], None] = lambda: None

    async def load(self, job_id: str, *, upto_version: int | None = None) -> Job:
        """Fold the stored history; of an unknown job this is one in `new`."""
        history = await self._store.history(job_id, upto_version=upto_version)
        return replay(job_id, (recorded.event for recorded in history))

    def recall(self, job_id: str) -> Job | None:
        """Return the newest state that this process wrote, which may be old."""
        return self._remembered.get(job_id)

    async def give(self, job: Job, *commands: Command, lease: Lease | None = None) -> Job:
        """Append in one transaction what the orders make of `job`, and return it as it is then.

        Under a lease, a write that leaves nothing to do now gives the lease back with it.
        Raises VersionConflict, Fenced, IllegalMove, Unavailable.
        """
        after, events = job, list[NewEvent]()
        for command in commands:
            made, after = advance(command, after)
            events += [NewEvent(event_id=self._new_id(), event=event) for event in made]
        if not events:
            return job
        release = lease is not None and rests(after)
        entry = Append(job=after, events=tuple(events), lease=lease, release=release, metadata=self._metadata)
        await self._store.append(entry)
        self._remembered[job.job_id] = after
        if lease is None and not rests(after):
            self.on_work()
        return after

    async def command(self, job_id: str, command: Command) -> Job:
        """Give an order to the job as it stands, and tell whoever works on it. Raises IllegalMove, Unavailable."""
        job = await self.record(job_id, command)
        self.on_command(job_id)
        return job

    async def begin(self, job_id: str, command: Command) -> Job:
        """Give a first order: a job that nobody remembers is taken as new, and the store objects if it is not."""
        job = self.recall(job_id) or Job(job_id=job_id)
        try:
            return await self.give(job, command)
        except (VersionConflict, IllegalMove):
            self._remembered.pop(job_id, None)
        return await self.command(job_id, command)

    async def record(self, job_id: str, command: Command) -> Job:
        """Give an order to the job as it stands, whoever else is writing. Raises IllegalMove, Unavailable."""
        if (remembered := self.recall(job_id)) is not None:
            try:
                return await self.give(remembered, command)
            except (VersionConflict, IllegalMove):
                self._remembered.pop(job_id, None)
        for _ in range(MOST_CONFLICTS):
            try:
                return await self.give(await self.load(job_id), command)
            except VersionConflict:
                continue
        raise VersionConflict(f"job {job_id} kept changing while it was ordered: {command}")
