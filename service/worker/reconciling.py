"""Finds out whether a request without a recorded answer created a render."""

from __future__ import annotations

import structlog

from domain import commands as c
from domain.errors import Refused
from domain.job import Render
from service.worker.leased_job import LeasedJob
from service.worker.policy import MOST_ABSENCES
from service.worker.render_requests import render_request_of
from service.worker.renderers import RendererAway, Renderers
from service.worker.requesting import Requesting
from service.worker.searching import Search

log = structlog.get_logger()


class Reconciling:
    """The step of a job whose newest request has no recorded answer."""

    def __init__(self, renderers: Renderers, search: Search, requesting: Requesting) -> None:
        self._renderers = renderers
        self._search = search
        self._requesting = requesting

    async def reconcile(self, leased: LeasedJob) -> None:
        """Record what became of the request. Raises Unavailable, RendererAway."""
        render = leased.job.newest_render
        if not render.order.bills:
            request = render_request_of(leased.job, render.token, render.deadline)
            await self._requesting.submit(leased, self._renderers.of(render.order), request, render.order)
            return
        try:
            found = await self._search.look_up(leased, render)
        except Refused as error:
            await self._requesting.leave_unresolved(leased, render, str(error))
        except RendererAway as error:
            if await self._search.is_listed(leased, render):
                raise
            await self._requesting.leave_unresolved(leased, render, str(error))
        else:
            await self._conclude(leased, render, found)

    async def _conclude(self, leased: LeasedJob, render: Render, found: str | None) -> None:
        if found is not None:
            await self._adopt(leased, render, found)
        elif leased.job.render != render or leased.job.is_final:
            log.info("render_changed_while_looked_up", job_id=leased.job_id, token=render.token)
        elif render.absences + 1 >= MOST_ABSENCES:
            why = f"it was sent {render.absences + 1} times, and the provider's list never showed it"
            await self._requesting.leave_unresolved(leased, render, why)
        else:
            log.info("render_not_created", job_id=leased.job_id, token=render.token)
            reason = "the provider has no such render, so it is sent again"
            absent = c.DeferRender(token=render.token, reason=reason, at=leased.now(), absent=True)
            await leased.execute(absent)

    async def _adopt(self, leased: LeasedJob, render: Render, found: str) -> None:
        try:
            await self._requesting.accept(leased, render, found)
        except Refused as error:
            # Another request was faster; the next look leaves it out.
            log.info("render_adopted_by_another", job_id=leased.job_id, render_id=found, reason=str(error))
            await leased.reload()
