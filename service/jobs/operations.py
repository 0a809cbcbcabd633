"""What can be asked of a job. HTTP, pages, NATS and the command line only translate to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import structlog

from domain.commands import Approve, Cancel, Command, FailJob, RefuseStoryboard, Retry
from domain.cost import Prices, total
from domain.errors import IllegalMove, NotFound
from domain.job import Job
from domain.machine import Status
from domain.steps import is_idle
from domain.storyboard import Scene, total_seconds
from service.jobs.repository import JobRepository

log = structlog.get_logger()

LONGEST_NAME = 200
LONGEST_REASON = 2000
SETTLING_SECONDS = 5.0
SETTLING_POLL_SECONDS = 0.1


class Workers(Protocol):
    """The workers of this process."""

    def wake(self) -> None:
        """Say that there may be a job to claim."""

    def notify_changed(self, job_id: str) -> None:
        """Say that a job that they may be working on has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalConflict:
    """Why a readable approval was rejected: its job has another storyboard."""

    job_id: str
    reason: str


class JobOperations:
    """Every operation on a job. `prices` is called when they are needed; without `workers` none are notified.

    `bills`: whether the configured renderer is paid.
    """

    def __init__(
        self,
        repository: JobRepository,
        *,
        prices: Callable[[], Prices],
        now: Callable[[], datetime],
        download_seconds: float,
        workers: Workers | None = None,
        bills: bool = True,
    ) -> None:
        self.bills = bills
        self._repository = repository
        self._prices = prices
        self._now = now
        self._download_seconds = download_seconds
        self._workers = workers

    @property
    def prices(self) -> Prices:
        """What an image and a video cost."""
        return self._prices()

    def estimate(self, storyboard: Sequence[Scene]) -> Decimal:
        """Return what a storyboard will cost if its first attempt succeeds, in USD; 0 where nobody sends a bill."""
        prices = self._prices()
        if not self.bills:
            return Decimal(0)
        return total([prices.of_images(len(storyboard)), prices.of_video(total_seconds(storyboard))])

    async def approve(self, job_id: str, command: Approve | RefuseStoryboard) -> Job | ApprovalConflict:
        """Store an approval, or why it was refused. May be repeated. Raises Unavailable."""
        try:
            job = await self._repository.create(job_id, command)
        except IllegalMove:
            conflict = ApprovalConflict(job_id=job_id, reason=_conflict(job_id, command))
            log.warning("approval_rejected", job_id=job_id, reason=conflict.reason)
            return conflict
        log.info("approval_taken", job_id=job_id, status=str(job.status), version=job.version)
        for warning in job.approval_warnings:
            log.warning("approval_read_otherwise", job_id=job_id, field=warning.field, message=warning.message)
        if self._workers is not None and job.status is Status.APPROVED:
            self._workers.wake()
        return job

    async def cancel(self, job_id: str, *, by: str, reason: str | None = None) -> Job:
        """End a job that has not ended. Raises NotFound, IllegalMove, Unavailable."""
        await self._existing(job_id)
        reason = reason[:LONGEST_REASON] if reason else None
        return await self._execute(job_id, Cancel(by=by[:LONGEST_NAME], reason=reason))

    async def retry(self, job_id: str, *, by: str) -> Job:
        """Try a failed job again; for one that needs an operator, say that nothing was created.

        Waits up to SETTLING_SECONDS for a render that is being settled.
        Raises NotFound, IllegalMove, Unavailable.
        """
        for _ in range(round(SETTLING_SECONDS / SETTLING_POLL_SECONDS)):
            job = await self._existing(job_id)
            if not (job.status is Status.FAILED and job.open_renders):
                break
            await asyncio.sleep(SETTLING_POLL_SECONDS)
        command = Retry(by=by[:LONGEST_NAME], at=self._now(), download_seconds=self._download_seconds)
        return await self._execute(job_id, command)

    async def stop(self, job_id: str, *, reason: str) -> Job:
        """Fail a job that has not ended; a person may retry it. Raises the same as `cancel`."""
        await self._existing(job_id)
        return await self._execute(job_id, FailJob(reason=reason))

    async def _existing(self, job_id: str) -> Job:
        job = await self._repository.load(job_id)
        if job.status is Status.NEW:
            raise NotFound(f"There is no job {job_id}")
        return job

    async def _execute(self, job_id: str, command: Command) -> Job:
        job = await self._repository.execute(job_id, command)
        log.info("command_taken", job_id=job_id, command=type(command).__name__)
        if self._workers is not None:
            self._workers.notify_changed(job_id)
            if not is_idle(job):
                self._workers.wake()
        return job


def _conflict(job_id: str, command: Approve | RefuseStoryboard) -> str:
    match command:
        case Approve():
            return f"Job {job_id} was already approved with another storyboard"
        case RefuseStoryboard(reason=reason):
            return f"{reason}, and job {job_id} exists already"
