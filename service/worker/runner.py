"""The worker: claims leases, renews them, and works on each leased job as one task."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from domain.errors import Fenced, Unavailable
from domain.job import Job
from domain.records import Lease
from domain.steps import is_idle
from service.clock import Clock
from service.jobs.repository import JobRepository
from service.jobs.waiting_for import WaitingFor
from service.worker.leased_job import LeasedJob, Stopping
from service.worker.leases import Leases
from service.worker.step_loop import StepLoop

log = structlog.get_logger()

CLAIM_POLL_SECONDS = 0.5
"""How often due jobs are looked for; commits of this process wake the runner at once."""
GATHER_SECONDS = 0.005
RENEWALS_PER_LEASE = 4
VERSIONS_POLL_SECONDS = 1.0
STOP_GRACE_SECONDS = 2.5
"""How long a step may finish, for example a create that was sent, before it is cancelled."""
CANCEL_SECONDS = 0.5
BROKEN_JOB_WAIT_SECONDS = 30.0
MOST_PARKED = 10_000
"""Jobs that are kept though their renderer is not configured here."""


class StoredVersions(Protocol):
    """The versions of jobs in the database."""

    async def versions(self, job_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the stored version of each of these jobs. Raises Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTables:
    """The tables that the runner uses."""

    leases: Leases
    versions: StoredVersions
    waiting_for: WaitingFor


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How many jobs are worked on at a time, and how many of them may be rendered on this machine (None: all).

    A local render waits before its claim, since then its time limit runs.
    """

    jobs: int
    local_renders: int | None = None

    def free(self, leased: Sequence[LeasedJob | None]) -> int:
        """Return how many jobs may be claimed beside these; those that wait for a renderer elsewhere take no place."""
        active = [one for one in leased if one is None or not one.is_parked]
        if len(leased) - len(active) >= MOST_PARKED:
            return 0
        local = [one for one in active if one is None or not one.waits_for_provider]
        most_local = self.jobs if self.local_renders is None else self.local_renders
        return min(self.jobs - len(active), most_local - len(local))


class Runner:
    """Works on as many jobs as it has places for."""

    def __init__(
        self,
        repository: JobRepository,
        step_loop: StepLoop,
        tables: WorkerTables,
        *,
        clock: Clock,
        places: Places,
        lease_seconds: float,
    ) -> None:
        self._repository = repository
        self._step_loop = step_loop
        self._leases, self._versions, self._waiting_for = tables.leases, tables.versions, tables.waiting_for
        self._clock = clock
        self._places = places
        self._lease_seconds = lease_seconds
        self._leased: dict[str, LeasedJob] = {}
        self._tasks: dict[asyncio.Task[None], Lease] = {}
        self._woken = asyncio.Event()
        self._left = asyncio.Event()
        self._running = False
        self._stopping = asyncio.Event()
        self._has_more = False

    @property
    def in_flight(self) -> int:
        """How many jobs this process works on."""
        return len(self._tasks)

    def wake(self) -> None:
        """Say that there may be a job to claim."""
        self._woken.set()

    def notify_changed(self, job_id: str) -> None:
        """Say that another writer changed a job that this worker may be working on."""
        if leased := self._leased.get(job_id):
            leased.notify_changed()

    async def run(self) -> None:
        """Work until `leave`, then give every lease back."""
        self._running = True
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(self._renew_leases())
            watching = group.create_task(self._watch_versions())
            await self._claim_until_stopped()
            await self._finish()
            renewing.cancel()
            watching.cancel()
        self._left.set()

    async def leave(self) -> None:
        """Claim no more, stop work on the leased jobs, and return when every lease was given back."""
        self._stopping.set()
        self._woken.set()
        for leased in self._leased.values():
            leased.stop()
        if self._running:
            await self._left.wait()

    async def _claim_until_stopped(self) -> None:
        while not self._stopping.is_set():
            free = self._places.free([self._leased.get(lease.job_id) for lease in self._tasks.values()])
            claimed = await self._claim(free) if free > 0 else []
            for lease in claimed:
                self._start(lease)
            self._has_more = len(claimed) == free
            await self._sleep()

    async def _claim(self, free: int) -> Sequence[Lease]:
        self._woken.clear()
        try:
            return await self._leases.claim(free)
        except Unavailable as error:
            log.warning("claim_failed", reason=str(error))
            return []

    async def _sleep(self) -> None:
        """Wait for work, and some milliseconds more, so that jobs are claimed together."""
        try:
            await asyncio.wait_for(self._woken.wait(), CLAIM_POLL_SECONDS)
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_SECONDS)

    def _start(self, lease: Lease) -> None:
        task = asyncio.create_task(self._run_steps(lease), name=f"job {lease.job_id}")
        self._tasks[task] = lease
        task.add_done_callback(self._tasks.pop)

    async def _run_steps(self, lease: Lease) -> None:
        """Work on one job. After an unexpected error the lease is kept for a while, and the other jobs continue."""
        leased = None
        try:
            job = await self._load(lease.job_id)
            leased = LeasedJob(
                job,
                lease,
                repository=self._repository,
                leases=self._leases,
                waiting_for=self._waiting_for,
                clock=self._clock,
            )
            self._take_in_hand(leased)
            await self._step_loop.run(leased)
        except Fenced:
            log.warning("lease_lost", job_id=lease.job_id, epoch=lease.epoch)
            await self._step_loop.abandon(leased)
        except Stopping:
            log.info("job_left", job_id=lease.job_id)
        except Unavailable as error:
            log.warning("job_not_loaded", job_id=lease.job_id, reason=str(error))
        except Exception as error:  # noqa: BLE001 - it is logged there
            self._step_loop.record_error(lease.job_id, error)
            await self._keep_broken(leased)
        finally:
            if self._leased.get(lease.job_id) is leased:
                self._leased.pop(lease.job_id, None)
            if self._has_more:
                self.wake()
        if leased is None or not leased.released:
            await self._release([lease])

    def _take_in_hand(self, leased: LeasedJob) -> None:
        """Work on a job; where this process claimed it again after a lease that it lost, the work of before ends."""
        if before := self._leased.get(leased.job_id):
            before.fence()
        self._leased[leased.job_id] = leased

    async def _load(self, job_id: str) -> Job:
        """Return the state that this process wrote last, or load one where that is idle, which must be old."""
        job = self._repository.cached(job_id)
        return await self._repository.load(job_id) if job is None or is_idle(job) else job

    async def _keep_broken(self, leased: LeasedJob | None) -> None:
        """Keep the lease for a while, also of a job that cannot be loaded: else it would be claimed again at once."""
        if leased is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), BROKEN_JOB_WAIT_SECONDS)
            return
        with suppress(Stopping, Fenced, Unavailable):
            await leased.pause(BROKEN_JOB_WAIT_SECONDS)

    async def _release(self, leases: Sequence[Lease]) -> None:
        try:
            await self._leases.release(leases)
        except Unavailable as error:
            log.warning("release_failed", reason=str(error), jobs=len(leases))

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / RENEWALS_PER_LEASE)
            leases = [leased.lease for leased in self._leased.values()]
            try:
                renewed = set(await self._leases.renew(leases) if leases else ())
            except Unavailable as error:
                log.warning("renewal_failed", reason=str(error), jobs=len(leases))
                continue
            for leased in list(self._leased.values()):
                if leased.lease in leases and leased.lease not in renewed and not leased.released:
                    leased.fence()

    async def _watch_versions(self) -> None:
        """Notice the commands that other processes executed on the leased jobs."""
        while True:
            await asyncio.sleep(VERSIONS_POLL_SECONDS)
            known = {job_id: leased.job.version for job_id, leased in self._leased.items()}
            try:
                stored = await self._versions.versions(list(known)) if known else {}
            except Unavailable as error:
                log.warning("versions_not_read", reason=str(error))
                continue
            for job_id, version in stored.items():
                if version > known[job_id]:
                    self.notify_changed(job_id)

    async def _finish(self) -> None:
        """Let the steps finish, cancel those that take too long, and give every lease back."""
        leases = dict(self._tasks)
        if not leases:
            return
        _, late = await asyncio.wait(leases, timeout=STOP_GRACE_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=CANCEL_SECONDS)
        await self._release([leases[task] for task in late])
