"""From an approved storyboard to a rendered one: request, reconcile, follow.

Never pays twice: the request is committed before every creating call, and an open request is looked up at the provider
before it is sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import assert_never

import structlog

from domain import commands as c
from domain.cost import Prices
from domain.errors import IllegalMove, NotFound, OutcomeUnknown, Refused, Unavailable
from domain.events import Basis
from domain.job import Job, Render
from domain.rendering import Cancelled, Failed, Forgotten, Lost, RenderProgress, RenderRequest, Running, Succeeded
from domain.retry import RetryPolicy
from service.worker.leased_job import LeasedJob
from service.worker.policy import RenderPolicy
from service.worker.reconciling import Renders, Search, render_request_of
from service.worker.renderer import Renderer

log = structlog.get_logger()

LOCAL_POLL_SECONDS = 0.2
MOST_CONFIRMATIONS = 20
TIMEOUT = "Video rendering timeout"
FORGOTTEN = (
    "The video was rendered and is paid, but the provider removed it before it was fetched. "
    "A retry renders it again, and pays again"
)


class Rendering:
    """The steps of a job in `approved` and `rendering`."""

    def __init__(
        self, renderer: Renderer, renders: Renders, policy: RenderPolicy, *, new_id: Callable[[], str]
    ) -> None:
        self._renderer = renderer
        self.search = Search(renderer, renders, policy)
        self._policy = policy
        self._new_id = new_id

    async def request(self, leased: LeasedJob) -> None:
        """Commit the request, then create the render."""
        deferred = leased.job.deferred_render
        token = self._new_id() if deferred is None else deferred.token
        try:
            await self._renderer.prepare(self._render_request(leased, token))
            request = self._render_request(leased, token)
            request_hash, seconds_sent = self._renderer.request_hash(request), self._renderer.seconds_sent(request)
        except Refused as error:
            await leased.execute(c.FailJob(reason=str(error)))
            return
        await leased.execute(
            c.RequestRender(
                token=token,
                renderer=self._renderer.name,
                model=self._renderer.model,
                request_hash=request_hash,
                deadline=request.deadline,
                prices=self._policy.prices,
                seconds_sent=seconds_sent,
            )
        )
        await self._submit(leased, request)

    def _render_request(self, leased: LeasedJob, token: str) -> RenderRequest:
        return render_request_of(leased.job, token, leased.now() + timedelta(seconds=self._policy.timeout_seconds))

    async def _submit(self, leased: LeasedJob, request: RenderRequest) -> None:
        leased.is_past(request.deadline)  # the deadline is counted from here
        try:
            if self._renderer.bills:
                await self._confirm_lease(leased)
            render_id = await self._renderer.submit(request)
        except OutcomeUnknown as error:
            log.warning("render_outcome_unknown", job_id=leased.job_id, token=request.token, reason=str(error))
        except Unavailable as error:
            await self._defer(leased, request.token, error)
        except Refused as error:
            await leased.execute(c.FailRender(token=request.token, reason=str(error), at=leased.now(), retry=None))
        else:
            await (self.accept if self._renderer.bills else self._begin_local)(leased, request.token, render_id)

    async def _begin_local(self, leased: LeasedJob, token: str, render_id: str) -> None:
        """Record a local render, together with its success where it has already ended."""
        accepted = c.AcceptRender(token=token, render_id=render_id)
        progress = await self._renderer.follow(render_id)
        if isinstance(progress, Succeeded) and leased.job.render is not None:
            await leased.execute(accepted, self._success(leased, leased.job.render, progress))
        else:
            await leased.execute(accepted)

    async def _confirm_lease(self, leased: LeasedJob) -> None:
        """Renew the lease within a third of its length. Raises Fenced, Unavailable."""
        for _ in range(MOST_CONFIRMATIONS):
            asked_at = leased.monotonic()
            await leased.confirm()
            if leased.monotonic() - asked_at < self._policy.lease_seconds / 3:
                return
        raise Unavailable("the database is too slow to hold a lease, so nothing was created")

    async def accept(self, leased: LeasedJob, token: str, render_id: str) -> None:
        """Record the provider's id; a render whose id came too late is cancelled at the provider.

        Where the job has ended meanwhile, settling finds the render again and records what it cost.
        """
        try:
            await leased.record(c.AcceptRender(token=token, render_id=render_id))
        except IllegalMove:
            log.warning("render_accepted_too_late", job_id=leased.job_id, token=token, render_id=render_id)
            await self._renderer.cancel(render_id)
            await leased.reload()

    async def _defer(self, leased: LeasedJob, token: str, error: Unavailable) -> None:
        wait = error.retry_after_seconds or self._policy.retry.backoff_seconds
        log.warning("render_deferred", job_id=leased.job_id, reason=str(error), wait_seconds=wait)
        retry_at = leased.now() + timedelta(seconds=wait)
        await leased.execute(c.DeferRender(token=token, reason=str(error), retry_at=retry_at))

    async def reconcile(self, leased: LeasedJob) -> None:
        """Find out whether a request without a recorded answer created a render, and record that."""
        render = _newest(leased.job)
        request = render_request_of(leased.job, render.token, render.deadline)
        if not self._renderer.bills:
            await self._submit(leased, request)
            return
        try:
            found = await self.search.look_up(leased, render)
        except Refused as error:
            await self._leave_unresolved(leased, render, str(error))
        else:
            await self._conclude(leased, render, found)

    async def _conclude(self, leased: LeasedJob, render: Render, found: str | None) -> None:
        if found is not None:
            await self.accept(leased, render.token, found)
        elif leased.job.render != render or leased.job.is_final:
            log.info("render_changed_while_looked_up", job_id=leased.job_id, token=render.token)
        else:
            log.info("render_not_created", job_id=leased.job_id, token=render.token)
            reason = "the provider has no such render, so it is sent again"
            await leased.execute(c.DeferRender(token=render.token, reason=reason, retry_at=leased.now()))

    async def _leave_unresolved(self, leased: LeasedJob, render: Render, why: str) -> None:
        reason = f"nobody can tell whether a render was created: {why}. Retry it if the provider has none, else cancel"
        log.error("render_unresolved", job_id=leased.job_id, token=render.token, reason=reason)
        await leased.execute(c.LeaveUnresolved(token=render.token, reason=reason))

    async def follow(self, leased: LeasedJob) -> None:
        """Poll the render, and act on the answer."""
        render = _newest(leased.job)
        assert render.render_id is not None  # noqa: S101 - a render is accepted with its id
        late = leased.is_past(render.deadline)
        try:
            progress = await self._renderer.follow(render.render_id)
        except (Unavailable, NotFound) as error:
            await self._poll_failed(leased, render, error)
            return
        await leased.waiting_for.clear()
        await self._act(leased, render, progress, late=late)

    async def _poll_failed(self, leased: LeasedJob, render: Render, error: Unavailable | NotFound) -> None:
        """Poll again, until long after the deadline: a paid render is taken however late."""
        if not self._renderer.bills and isinstance(error, Unavailable):
            await self._defer(leased, render.token, error)
            return
        if self.is_given_up(leased, render, error):
            await leased.execute(c.FailJob(reason=f"{TIMEOUT}: {error}"))
            return
        log.warning("poll_failed", job_id=leased.job_id, render_id=render.render_id, reason=str(error))
        await leased.waiting_for.set(str(error))
        await leased.pause(getattr(error, "retry_after_seconds", None) or self._policy.poll_seconds)

    def is_given_up(self, leased: LeasedJob, render: Render, error: Unavailable | NotFound) -> bool:
        """Tell whether a render whose polls fail has been polled for long enough."""
        limit = self._policy.not_found_seconds if isinstance(error, NotFound) else self._policy.unreachable_seconds
        return (leased.now() - render.deadline).total_seconds() > limit

    async def _act(self, leased: LeasedJob, render: Render, progress: RenderProgress, *, late: bool) -> None:
        match progress:
            case Succeeded():
                await leased.execute(self._success(leased, render, progress))
            case Forgotten(billed_seconds=seconds):
                cost, basis = billed_or_asked(self._policy.prices, seconds, leased.job.asked_seconds(render))
                failed = c.FailRender(
                    token=render.token, reason=FORGOTTEN, at=leased.now(), retry=None, cost=cost, basis=basis
                )
                await leased.execute(failed)
            case Lost():
                await self._start_again(leased, render, late=late)
            case Failed():
                retry = None if progress.permanent else self._policy.retry
                await leased.execute(self._failure(leased, render, progress.reason, progress.billed_seconds, retry))
            case Running() | Cancelled() if late:
                await leased.execute(c.FailJob(reason=TIMEOUT))
            case Cancelled():
                reason = "The provider cancelled the render"
                await leased.execute(self._failure(leased, render, reason, progress.billed_seconds, self._policy.retry))
            case Running():
                await self._report(leased, progress)
            case _:
                assert_never(progress)

    def _success(self, leased: LeasedJob, render: Render, done: Succeeded) -> c.SucceedRender:
        until = leased.now() + timedelta(seconds=self._policy.download_seconds)
        return c.SucceedRender(
            token=render.token,
            output_url=done.output_url,
            duration_seconds=done.duration_seconds,
            expires_at=done.expires_at,
            download_until=min(until, done.expires_at) if done.expires_at else until,
            prices=self._policy.prices,
            billed_seconds=done.billed_seconds,
        )

    def _failure(
        self, leased: LeasedJob, render: Render, reason: str, billed_seconds: float | None, retry: RetryPolicy | None
    ) -> c.FailRender:
        cost, basis = billed(self._policy.prices, billed_seconds)
        return c.FailRender(token=render.token, reason=reason, at=leased.now(), retry=retry, cost=cost, basis=basis)

    async def _start_again(self, leased: LeasedJob, render: Render, *, late: bool) -> None:
        """Submit a local render again that was lost with its process; after its deadline the attempt fails."""
        if late:
            reason = "The render was lost with its worker"
            await leased.execute(self._failure(leased, render, reason, None, self._policy.retry))
            return
        log.info("local_render_restarted", job_id=leased.job_id, token=render.token)
        await self._submit(leased, render_request_of(leased.job, render.token, render.deadline))

    async def abandon(self, job: Job) -> None:
        """End a local render of a job that another worker has; a provider's render belongs to the job."""
        if not self._renderer.bills and job.render is not None:
            await self._renderer.cancel(job.render.token)

    async def _report(self, leased: LeasedJob, progress: Running) -> None:
        if progress.percent is not None:
            await leased.execute(
                c.ReportProgress(
                    percent=progress.percent,
                    scenes_completed=progress.scenes_completed,
                    current_scene=progress.current_scene,
                    estimated_completion_seconds=progress.estimated_completion_seconds,
                )
            )
        poll_seconds = self._policy.poll_seconds
        await leased.pause(poll_seconds if self._renderer.bills else min(poll_seconds, LOCAL_POLL_SECONDS))


def billed(prices: Prices, seconds: float | None) -> tuple[Decimal, Basis]:
    """Return what an attempt without a video cost, and the basis."""
    return (prices.of_seconds(seconds), "provider_metric") if seconds is not None else (Decimal(0), "not_billed")


def billed_or_asked(prices: Prices, seconds: float | None, asked_seconds: float) -> tuple[Decimal, Basis]:
    """Return what a finished render cost: by the provider's figure, else by the length that it was asked for."""
    return (prices.of_seconds(asked_seconds), "asked_duration") if seconds is None else billed(prices, seconds)


def _newest(job: Job) -> Render:
    if job.render is None:
        raise IllegalMove(f"job {job.job_id} has no render")
    return job.render
