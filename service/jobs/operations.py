"""What can be asked of a job. HTTP, pages, NATS and the command line only translate to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import structlog

from domain.commands import AdoptRender, Approve, Cancel, Command, FailJob, RefuseStoryboard, Retry
from domain.cost import Prices, total
from domain.decide import unresolved_render
from domain.errors import IllegalMove, NotFound, ReelwrightError, Refused, Unavailable
from domain.job import Job, Render, RenderState
from domain.machine import Status
from domain.steps import is_idle
from domain.storyboard import Scene, total_seconds
from service.jobs.render_lookup import ProviderUnavailable, RenderLookup, RenderNotFound
from service.jobs.repository import JobRepository

log = structlog.get_logger()

LONGEST_NAME = 200
LONGEST_REASON = 2000
SETTLING_SECONDS = 5.0
SETTLING_POLL_SECONDS = 0.1
LOOK_SECONDS = 15.0
"""How long the provider may take to answer whether it knows a render. A person waits for it."""


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
    """Every operation on a job.

    `prices` is called when they are needed. Without `lookup` no provider is asked, so that nobody can name a render;
    without `workers` none are notified. `bills`: whether the configured renderer is paid.
    """

    def __init__(  # noqa: PLR0913 - all but the repository are named, and three have a default
        self,
        repository: JobRepository,
        *,
        prices: Callable[[], Prices],
        now: Callable[[], datetime],
        download_seconds: float,
        lookup: RenderLookup | None = None,
        workers: Workers | None = None,
        bills: bool = True,
    ) -> None:
        self.bills = bills
        self._repository = repository
        self._lookup = lookup
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

    async def retry(self, job_id: str, *, by: str, render_id: str | None = None, scene: int | None = None) -> Job:
        """Try a failed job again; of one that needs an operator, take what is said of its unresolved render.

        With a `render_id` it is that render, which is followed from now on, and this may be repeated; without, it was
        not created. `scene` chooses among several. Waits up to SETTLING_SECONDS for a render that is being settled.
        Raises NotFound, RenderNotFound, IllegalMove, Unavailable, ProviderUnavailable.
        """
        job, by = await self._settled(job_id), by[:LONGEST_NAME]
        if render_id is not None:
            return await self._adopt(job, render_id, by=by, scene=scene)
        if scene is not None:
            _expect_unresolved(job)
        command = Retry(
            by=by,
            at=self._now(),
            download_seconds=self._download_seconds,
            scene=scene,
            ahead_seconds=await self._clock_ahead_seconds(job),
        )
        return await self._execute(job_id, command)

    async def _clock_ahead_seconds(self, job: Job) -> float:
        """Return how far our clock is ahead of that by which the expiry of a paid output was stored.

        The provider is asked where the output has expired by our clock, since a retry would pay for another one.
        0 where it does not tell.
        """
        render, stored = job.render, job.expires_at
        if job.status is not Status.FAILED or job.output_url is None or stored is None or stored > self._now():
            return 0.0
        if render is None or render.render_id is None or not render.order.bills:
            return 0.0
        try:
            told = await self._look(render.render_id, render)
        except ReelwrightError as error:  # settings that cannot ask the provider, too
            log.warning("expiry_not_asked", job_id=job.job_id, reason=str(error))
            return 0.0
        return 0.0 if told is None else (told - stored).total_seconds()

    async def stop(self, job_id: str, *, reason: str) -> Job:
        """Fail a job that has not ended; a person may retry it. Raises the same as `cancel`."""
        await self._existing(job_id)
        return await self._execute(job_id, FailJob(reason=reason))

    async def _settled(self, job_id: str) -> Job:
        """Return the job when none of its renders is being ended any more, or after SETTLING_SECONDS as it is."""
        job = await self._existing(job_id)
        for _ in range(round(SETTLING_SECONDS / SETTLING_POLL_SECONDS)):
            if not (job.status is Status.FAILED and job.open_renders):
                break
            await asyncio.sleep(SETTLING_POLL_SECONDS)
            job = await self._existing(job_id)
        return job

    async def _adopt(self, job: Job, render_id: str, *, by: str, scene: int | None) -> Job:
        """Ask the provider for the render, then let the job continue with it."""
        known = next((render for render in job.renders if render.render_id == render_id), None)
        if known is not None and known.state is RenderState.ACCEPTED and not job.needs_operator:
            return job
        _expect_unresolved(job)
        render = unresolved_render(job, scene)
        if known is not None:
            raise IllegalMove(f"the render {render_id} already belongs to attempt {known.attempt} of this job")
        await self._look(render_id, render)
        try:
            return await self._execute(job.job_id, AdoptRender(token=render.token, render_id=render_id, by=by))
        except Refused as error:  # the store knows the id as another job's, and names that one
            raise IllegalMove(str(error)) from error

    async def _look(self, render_id: str, render: Render) -> datetime | None:
        renderer = render.order.renderer
        if self._lookup is None:
            raise ProviderUnavailable(f"{renderer} cannot be asked from here")
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._lookup.look(render_id, render.order)
        except NotFound as error:
            raise RenderNotFound(
                f"{renderer} does not know a render {render_id}: copy the id from its page at the provider, "
                "in the account that this render was requested from"
            ) from error
        except Unavailable as error:
            raise ProviderUnavailable(str(error), retry_after_seconds=error.retry_after_seconds) from error
        except TimeoutError as error:
            raise ProviderUnavailable(f"{renderer} did not answer within {LOOK_SECONDS:g} s") from error

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


def _expect_unresolved(job: Job) -> None:
    """Raise IllegalMove where nothing is left for a person to say."""
    if not job.needs_operator:
        raise IllegalMove(f"no render of job {job.job_id} needs a person: it is {job.status}")


def _conflict(job_id: str, command: Approve | RefuseStoryboard) -> str:
    match command:
        case Approve():
            return f"Job {job_id} was already approved with another storyboard"
        case RefuseStoryboard(reason=reason):
            return f"{reason}, and job {job_id} exists already"
