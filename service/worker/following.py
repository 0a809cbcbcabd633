"""Follows a render that its renderer has accepted, to its end."""

from __future__ import annotations

from typing import assert_never

import structlog

from domain import commands as c
from domain.errors import IllegalMove, NotFound, Unavailable
from domain.job import Render
from domain.rendering import Cancelled, Failed, Forgotten, Lost, RenderProgress, Running, Succeeded
from service.worker.ends import NOTHING, Cost, cancelled_cost, cost_of, failure, success
from service.worker.leased_job import LeasedJob
from service.worker.policy import TIMEOUT, RenderPolicy
from service.worker.render_requests import render_request_of
from service.worker.renderer import Renderer
from service.worker.renderers import Renderers
from service.worker.requesting import Requesting

log = structlog.get_logger()

LOCAL_POLL_SECONDS = 0.2
FORGOTTEN = (
    "The video was rendered and is paid, but the provider removed it before it was fetched. "
    "A retry renders it again, and pays again"
)


class Following:
    """The step of a job whose render was accepted."""

    def __init__(self, renderers: Renderers, requesting: Requesting, policy: RenderPolicy) -> None:
        self._renderers = renderers
        self._requesting = requesting
        self._policy = policy

    async def follow(self, leased: LeasedJob) -> None:
        """Poll the render, and act on the answer. Raises RendererAway."""
        render = leased.job.newest_render
        renderer = self._renderers.of(render.order)
        late = leased.is_past(render.deadline)
        try:
            progress = await renderer.follow(_id_of(render), render.order)
        except (Unavailable, NotFound) as error:
            await self._poll_failed(leased, render, error)
            return
        leased.polls_work()
        await leased.waiting_for.clear()
        await self._act(leased, render, renderer, progress, late=self._is_late(leased, render, progress, late=late))

    def _is_late(self, leased: LeasedJob, render: Render, progress: RenderProgress, *, late: bool) -> bool:
        """Tell whether the time limit is over: by this worker's own measurement, else by the render's age.

        After a takeover our clock may be another one than that which set the deadline; the age at the provider is told
        by its clock alone.
        """
        age_seconds = getattr(progress, "age_seconds", None)
        if age_seconds is None or render.requested_at is None or leased.has_measured(render.deadline):
            return late
        return bool(age_seconds >= (render.deadline - render.requested_at).total_seconds())

    async def _poll_failed(self, leased: LeasedJob, render: Render, error: Unavailable | NotFound) -> None:
        """Poll again, until long after the deadline: a paid render is taken however late."""
        if not render.order.bills and isinstance(error, Unavailable):
            await self._requesting.defer(leased, render.token, error)
            return
        if self.is_given_up(leased, render, error):
            await leased.execute(c.FailJob(reason=f"{TIMEOUT}: {error}"))
            return
        log.warning("poll_failed", job_id=leased.job_id, render_id=render.render_id, reason=str(error))
        await leased.waiting_for.set(str(error))
        await leased.pause(getattr(error, "retry_after_seconds", None) or self._policy.poll_seconds)

    def is_given_up(self, leased: LeasedJob, render: Render, error: Unavailable | NotFound) -> bool:
        """Tell whether a render whose polls fail has been polled for long enough, by the clock and by this worker."""
        limit = self._policy.not_found_seconds if isinstance(error, NotFound) else self._policy.unreachable_seconds
        is_over = (leased.now() - render.deadline).total_seconds() > limit
        return leased.failing_seconds() >= min(limit, self._policy.failing_seconds) and is_over

    async def _act(
        self, leased: LeasedJob, render: Render, renderer: Renderer, progress: RenderProgress, *, late: bool
    ) -> None:
        match progress:
            case Succeeded():
                await leased.execute(success(leased, render, progress, self._policy))
            case Forgotten(billed_seconds=seconds):
                await self._forgotten(leased, render, seconds)
            case Lost():
                await self._start_again(leased, render, renderer, late=late)
            case Failed(reason=reason, billed_seconds=seconds):
                cost = cost_of(leased.job, render, seconds, self._policy.prices)
                await self._failed(leased, render, reason, cost, again=not progress.permanent)
            case Running() | Cancelled() if late:
                await leased.execute(c.FailJob(reason=TIMEOUT))
            case Cancelled(billed_seconds=seconds):
                cost = cancelled_cost(leased.job, render, seconds, self._policy.prices)
                await self._failed(leased, render, "The provider cancelled the render", cost, again=True)
            case Running():
                await self._report(leased, renderer, progress)
            case _:
                assert_never(progress)

    async def _failed(self, leased: LeasedJob, render: Render, reason: str, cost: Cost, *, again: bool) -> None:
        await leased.execute(failure(leased, render, reason, cost, self._policy, again=again))

    async def _forgotten(self, leased: LeasedJob, render: Render, billed_seconds: float | None) -> None:
        cost, basis = cost_of(leased.job, render, billed_seconds, self._policy.prices)
        failed = c.FailRender(token=render.token, reason=FORGOTTEN, at=leased.now(), retry=None, cost=cost, basis=basis)
        await leased.execute(failed)

    async def _start_again(self, leased: LeasedJob, render: Render, renderer: Renderer, *, late: bool) -> None:
        """Submit a local render again that was lost with its process; after its deadline the attempt fails."""
        if late:
            await self._failed(leased, render, "The render was lost with its worker", NOTHING, again=True)
            return
        log.info("local_render_restarted", job_id=leased.job_id, token=render.token)
        request = render_request_of(leased.job, render.token, render.deadline)
        await self._requesting.submit(leased, renderer, request, render.order)

    async def _report(self, leased: LeasedJob, renderer: Renderer, progress: Running) -> None:
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
        await leased.pause(poll_seconds if renderer.bills else min(poll_seconds, LOCAL_POLL_SECONDS))


def _id_of(render: Render) -> str:
    if render.render_id is None:
        raise IllegalMove(f"attempt {render.attempt} was accepted without an id")
    return render.render_id
