"""A job that this worker has a lease of: its newest state, writes under the lease, and waits with interruptions."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from domain.commands import Command
from domain.errors import Fenced
from domain.job import OPEN_RENDERS, Job
from domain.records import Lease
from domain.steps import is_idle
from service.clock import Clock
from service.jobs.repository import JobRepository
from service.jobs.waiting_for import WaitingFor
from service.worker.leases import Leases
from service.worker.waiting_for import JobWaitingFor

T = TypeVar("T")


class Stopping(Exception):
    """The process is ending: leave the job as it is; the next worker continues."""


class LeasedJob:
    """A leased job. Writes through `execute` succeed only while this worker has the lease."""

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
        self.released = self.is_parked = False
        self.now, self.monotonic = clock.now, clock.monotonic
        self._repository = repository
        self._leases = leases
        self._ends: dict[datetime, float] = {}
        self._measured: set[datetime] = set()
        self._failing_since: float | None = None
        self._interrupted = asyncio.Event()
        self._stopping = False
        self._fenced = False

    @property
    def job_id(self) -> str:
        """The job's id."""
        return self.job.job_id

    async def execute(self, *commands: Command) -> None:
        """Execute commands in one transaction. Raises VersionConflict, Fenced, IllegalMove, Unavailable."""
        before = self.job
        self.job = await self._repository.append(self.job, *commands, lease=self.lease)
        self.released = self.job is not before and is_idle(self.job)

    async def record(self, command: Command) -> None:
        """Execute a command without the lease: an answer of the provider is a fact, whichever worker has the job."""
        self.job = await self._repository.execute(self.job_id, command)

    async def reload(self) -> None:
        """Load the job again."""
        self.job = await self._repository.load(self.job_id)

    async def confirm(self) -> None:
        """Renew the lease. Raises Fenced, Unavailable."""
        if self.lease not in await self._leases.renew([self.lease]):
            raise Fenced(f"the lease of job {self.job_id} belongs to another worker now")

    def is_past(self, deadline: datetime) -> bool:
        """Tell whether a deadline is over. After the first call for it, jumps of the wall clock change nothing."""
        end = self._ends.setdefault(deadline, self.monotonic() + (deadline - self.now()).total_seconds())
        return self.monotonic() >= end

    def begin(self, deadline: datetime) -> None:
        """Begin to measure a deadline that was set just now, by this worker's clock."""
        self._ends[deadline] = self.monotonic() + (deadline - self.now()).total_seconds()
        self._measured.add(deadline)

    def has_measured(self, deadline: datetime) -> bool:
        """Tell whether this worker itself measures the deadline since it was set."""
        return deadline in self._measured

    def failing_seconds(self) -> float:
        """Return for how long polls have failed, counted from the first call after one that worked."""
        if self._failing_since is None:
            self._failing_since = self.monotonic()
        return self.monotonic() - self._failing_since

    def polls_work(self) -> None:
        """Say that a poll was answered."""
        self._failing_since = None

    async def pause(self, seconds: float) -> None:
        """Wait at most `seconds`; when another writer changed the job meanwhile, load it. Raises Stopping, Fenced."""
        # With 0 seconds `wait_for` does not check whether the event is set.
        if not self._interrupted.is_set():
            try:
                await asyncio.wait_for(self._interrupted.wait(), seconds)
            except TimeoutError:
                return
        self.check_stop()
        self._interrupted.clear()
        await self.reload()

    async def run_unless_changed(self, work: Coroutine[None, None, T]) -> T | None:
        """Return the result of `work`; cancel it and return None as soon as another writer changed the job.

        Raises Stopping, Fenced.
        """
        task = asyncio.ensure_future(work)
        interruption = asyncio.ensure_future(self._interrupted.wait())
        try:
            await asyncio.wait({task, interruption}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        finally:
            interruption.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        await self.pause(0)
        return None

    @contextmanager
    def parked(self) -> Iterator[None]:
        """Take no place among the jobs that this worker works on."""
        self.is_parked = True
        try:
            yield
        finally:
            self.is_parked = False

    @property
    def waits_for_provider(self) -> bool:
        """Whether its newest render is made elsewhere, so that it takes no place of this machine's renders."""
        render = self.job.render
        return render is not None and render.order.bills and render.state in OPEN_RENDERS

    def check_stop(self) -> None:
        """Raise Stopping when the process is ending, Fenced when the lease is known to be lost."""
        if self._stopping:
            raise Stopping
        if self._fenced:
            raise Fenced(f"the lease of job {self.job_id} belongs to another worker now")

    def notify_changed(self) -> None:
        """Say that another writer changed the job."""
        self._interrupted.set()

    def fence(self) -> None:
        """Say that the lease is lost."""
        self._fenced = True
        self._interrupted.set()

    def stop(self) -> None:
        """Say that the process is ending."""
        self._stopping = True
        self._interrupted.set()
