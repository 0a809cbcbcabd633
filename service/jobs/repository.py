"""Load a job, decide, append: the only way to change a job."""

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
MOST_CACHED_JOBS = 10_000


class JobRepository:
    """Loads jobs and executes commands. Caches the newest states that it wrote; the store refuses what is old."""

    def __init__(self, store: EventStore, *, new_id: Callable[[], str], metadata: Mapping[str, str]) -> None:
        self._store = store
        self._new_id = new_id
        self._metadata = metadata
        self._cache: Lru[str, Job] = Lru(MOST_CACHED_JOBS)

    async def load(self, job_id: str) -> Job:
        """Fold the stored history; an unknown job is `new`."""
        history = await self._store.history(job_id)
        return replay(job_id, (recorded.event for recorded in history))

    def cached(self, job_id: str) -> Job | None:
        """Return the newest state that this process wrote; another process may have changed the job since."""
        return self._cache.get(job_id)

    async def append(self, job: Job, *commands: Command, lease: Lease | None = None) -> Job:
        """Append the events of the commands in one transaction, and return the job after them.

        Under a lease, a write after which no worker is needed gives the lease back.
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
        self._cache[job.job_id] = after
        return after

    async def create(self, job_id: str, command: Command) -> Job:
        """Execute a first command: a job that is not cached is taken as new, and the store refuses if it is not.

        Raises IllegalMove, Unavailable.
        """
        job = self.cached(job_id) or Job(job_id=job_id)
        try:
            return await self.append(job, command)
        except (VersionConflict, IllegalMove):
            self._cache.pop(job_id, None)
        return await self.execute(job_id, command)

    async def execute(self, job_id: str, command: Command) -> Job:
        """Execute a command on the newest state of the job. Raises IllegalMove, Unavailable."""
        if (job := self.cached(job_id)) is not None:
            try:
                return await self.append(job, command)
            except (VersionConflict, IllegalMove):
                self._cache.pop(job_id, None)
        for _ in range(MOST_CONFLICTS):
            try:
                return await self.append(await self.load(job_id), command)
            except VersionConflict:
                continue
        raise VersionConflict(f"job {job_id} kept changing: {type(command).__name__} was not executed")
