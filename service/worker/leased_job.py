"""One job in the hands of one worker: its lease, its newest state, and what may interrupt a wait."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import TypeVar

from domain.commands import Command
from domain.errors import Fenced
from domain.job import Job
from domain.records import Lease
from domain.steps import is_idle
from service.clock import Clock
from service.jobs.repository import JobRepository
from service.jobs.waiting_for import WaitingFor
from service.worker.leases import Leases
from service.worker.waiting_for import JobWaitingFor

T = TypeVar("T")


class Stopping(Exception):
    """The process is ending: leave the job as it stands; whoever comes next goes on."""


class LeasedJob:
    """A leased job. Every write through `execute` holds only while the lease does."""

    def __init__(
        self,
        job: Job,
        lease: Lease,
        *,
        repository: JobRepository,
        leases: Leases,
        waiting_for: WaitingFor,
        clock: Clock,
    ) -> None:
        self.job = job
        self.lease = lease
        self.waiting_for = JobWaitingFor(waiting_for, lease)
        self.released = False
        self.now, self.monotonic = clock.now, clock.monotonic
        self._repository = repository
        self._leases = leases
        self._ends: dict[datetime, float] = {}
        self._nudged = asyncio.Event()
        self._stopping = False
        self._fenced = False

    @property
    def job_id(self) -> str:
        """The job's id."""
        return self.job.job_id

    async def execute(self, *commands: Command) -> None:
        """Order in one transaction. Raises VersionConflict, Fenced, IllegalMove, Unavailable."""
        before = self.job
        self.job = await self._repository.append(self.job, *commands, lease=self.lease)
        self.released = self.job is not before and is_idle(self.job)

    async def record(self, command: Command) -> None:
        """Record a fact whoever holds the lease: what the provider answered is true for every worker."""
        self.job = await self._repository.execute(self.job_id, command)

    async def reload(self) -> None:
        """Fold the stored history again."""
        self.job = await self._repository.load(self.job_id)

    async def confirm(self) -> None:
        """Make sure that the lease is still ours, as the database sees it now. Raises Fenced, Unavailable."""
        if self.lease not in await self._leases.renew([self.lease]):
            raise Fenced(f"the lease of job {self.job_id} belongs to another worker now")

    def is_past(self, deadline: datetime) -> bool:
        """Tell whether a deadline is over, counted from when this worker first asked: clocks may jump meanwhile."""
        end = self._ends.setdefault(deadline, self.monotonic() + (deadline - self.now()).total_seconds())
        return self.monotonic() >= end

    async def pause(self, seconds: float) -> None:
        """Wait, at most `seconds`; when somebody else changed the job meanwhile, load it. Raises Stopping."""
        # Without time `wait_for` does not even look whether the event is set.
        if not self._nudged.is_set():
            try:
                await asyncio.wait_for(self._nudged.wait(), seconds)
            except TimeoutError:
                return
        self.check_stop()
        self._nudged.clear()
        await self.reload()

    async def do(self, leased: Coroutine[None, None, T]) -> T | None:
        """Finish `leased`, or leave it and return None as soon as somebody else changed the job. Raises Stopping."""
        task = asyncio.ensure_future(leased)
        nudge = asyncio.ensure_future(self._nudged.wait())
        try:
            await asyncio.wait({task, nudge}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        finally:
            nudge.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        await self.pause(0)
        return None

    def check_stop(self) -> None:
        """Raise Stopping when the process is ending, Fenced when the lease is known to be lost."""
        if self._stopping:
            raise Stopping
        if self._fenced:
            raise Fenced(f"the lease of job {self.job_id} belongs to another worker now")

    def notify_changed(self) -> None:
        """Tell that somebody else changed the job."""
        self._nudged.set()

    def fence(self) -> None:
        """Tell that the lease is lost."""
        self._fenced = True
        self._nudged.set()

    def stop(self) -> None:
        """Ask the worker to leave the job."""
        self._stopping = True
        self._nudged.set()
