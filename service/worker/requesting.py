"""From an approved storyboard to a render at its renderer.

The request is committed before every call that creates, and nothing is sent again that may have been created already.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog

from domain import commands as c
from domain.decide_render import request_deadline
from domain.errors import IllegalMove, OutcomeUnknown, Refused, Unavailable
from domain.job import Render
from domain.machine import Status
from domain.rendering import RenderOrder, RenderRequest, Succeeded
from service.worker.ends import success
from service.worker.leased_job import LeasedJob
from service.worker.policy import TIMEOUT, RenderPolicy
from service.worker.render_requests import render_request_of
from service.worker.renderer import Renderer
from service.worker.renderers import RendererAway, Renderers
from service.worker.searching import Search

log = structlog.get_logger()

MOST_CONFIRMATIONS = 20
WHAT_TO_DO = (
    "Look at the provider's page: retry it with the render's id if there is one, retry it without if there is none, "
    "else cancel"
)


class Requesting:
    """The step of a job that wants a render."""

    def __init__(
        self, renderers: Renderers, search: Search, policy: RenderPolicy, *, new_id: Callable[[], str]
    ) -> None:
        self._renderers = renderers
        self._search = search
        self._policy = policy
        self._new_id = new_id

    async def request(self, leased: LeasedJob) -> None:
        """Commit the request, then create the render; one that may exist already is looked for once more."""
        deferred = leased.job.deferred_render
        if deferred is not None and deferred.may_exist and await self._is_found(leased, deferred):
            return
        if deferred is not None and deferred.is_absent and leased.is_past(deferred.deadline):
            await leased.execute(c.FailJob(reason=TIMEOUT))
            return
        token = self._new_id() if deferred is None else deferred.token
        try:
            order = await self._renderers.chosen.prepare(self._request(leased, token))
        except Refused as error:
            await leased.execute(c.FailJob(reason=str(error)))
            return
        request = self._request(leased, token)
        leased.begin(request.deadline)
        await leased.execute(
            c.RequestRender(
                token=token, order=order, at=leased.now(), deadline=request.deadline, prices=self._policy.prices
            )
        )
        await self.submit(leased, self._renderers.chosen, request, order)

    def _request(self, leased: LeasedJob, token: str) -> RenderRequest:
        deadline = leased.now() + timedelta(seconds=self._policy.timeout_seconds)
        return render_request_of(leased.job, token, request_deadline(leased.job, deadline))

    async def _is_found(self, leased: LeasedJob, render: Render) -> bool:
        """Look for a render that was sent before, and take it. A person or two looks said that it does not exist."""
        try:
            found = await self._search.glance(leased, render)
        except (RendererAway, Refused) as error:
            log.warning("render_not_looked_for_again", job_id=leased.job_id, token=render.token, reason=str(error))
            return False
        if found is None:
            return False
        if leased.job.status is Status.APPROVED:
            await self._request_anew(leased, render)
        try:
            await self.accept(leased, render, found)
        except Refused as error:
            # Another request with this input was faster; the next look leaves it out.
            log.info("render_adopted_by_another", job_id=leased.job_id, render_id=found, reason=str(error))
            await leased.reload()
        return True

    async def _request_anew(self, leased: LeasedJob, render: Render) -> None:
        """Commit a request as it was, and send nothing: only a job that is rendering can have a render."""
        deadline = leased.now() + timedelta(seconds=self._policy.timeout_seconds)
        prices = render.prices_or(self._policy.prices)
        await leased.execute(
            c.RequestRender(token=render.token, order=render.order, at=leased.now(), deadline=deadline, prices=prices)
        )

    async def submit(self, leased: LeasedJob, renderer: Renderer, request: RenderRequest, order: RenderOrder) -> None:
        """Create the render of a request that was just committed, and record the answer."""
        try:
            if renderer.bills:
                await self._confirm_lease(leased)
            render_id = await renderer.submit(request, order)
        except OutcomeUnknown as error:
            log.warning("render_outcome_unknown", job_id=leased.job_id, token=request.token, reason=str(error))
        except Unavailable as error:
            await self.defer(leased, request.token, error)
        except Refused as error:
            await leased.execute(c.FailRender(token=request.token, reason=str(error), at=leased.now(), retry=None))
        else:
            await self._begin(leased, renderer, leased.job.render_with(request.token), render_id)

    async def _begin(self, leased: LeasedJob, renderer: Renderer, render: Render, render_id: str) -> None:
        if not renderer.bills:
            await self._begin_local(leased, renderer, render, render_id)
            return
        try:
            await self.accept(leased, render, render_id)
        except Refused as error:
            # A provider that answers equal inputs with one render: whether there are two, nobody can tell from here.
            reason = f"the provider answered the create with a render that is not new: {error}"
            await self.leave_unresolved(leased, render, reason)

    async def _begin_local(self, leased: LeasedJob, renderer: Renderer, render: Render, render_id: str) -> None:
        """Record a local render, together with its success where it has already ended."""
        accepted = c.AcceptRender(token=render.token, render_id=render_id)
        progress = await renderer.follow(render_id, render.order)
        if isinstance(progress, Succeeded):
            await leased.execute(accepted, success(leased, render, progress, self._policy))
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

    async def accept(self, leased: LeasedJob, render: Render, render_id: str) -> None:
        """Record the provider's id; a render whose id came too late is cancelled at the provider.

        Where the job has ended meanwhile, settling finds the render again and records what it cost.
        Raises Refused where the id belongs to another request.
        """
        try:
            await leased.record(c.AcceptRender(token=render.token, render_id=render_id))
        except IllegalMove:
            log.warning("render_accepted_too_late", job_id=leased.job_id, token=render.token, render_id=render_id)
            await self._renderers.of(render.order).cancel(render_id)
            await leased.reload()

    async def defer(self, leased: LeasedJob, token: str, error: Unavailable) -> None:
        """Record that nothing was created, and when it is tried again."""
        wait = error.retry_after_seconds or self._policy.retry.backoff_seconds
        log.warning("render_deferred", job_id=leased.job_id, reason=str(error), wait_seconds=wait)
        deferred = c.DeferRender(token=token, reason=str(error), at=leased.now(), wait_seconds=wait)
        await leased.execute(deferred)

    async def leave_unresolved(self, leased: LeasedJob, render: Render, why: str) -> None:
        """Leave it to a person to say whether a render was created."""
        reason = f"nobody can tell whether a render was created: {why}. {WHAT_TO_DO}"
        log.error("render_unresolved", job_id=leased.job_id, token=render.token, reason=reason)
        await leased.execute(c.LeaveUnresolved(token=render.token, reason=reason))
