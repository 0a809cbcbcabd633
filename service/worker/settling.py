"""For a job that has ended with an open render: cancel the render, and record what it cost."""

from __future__ import annotations

import structlog

from domain import commands as c
from domain.cost import Prices
from domain.errors import NotFound, Refused, Unavailable
from domain.job import Render
from domain.rendering import Cancelled, Failed, Forgotten, Lost, RenderProgress, Running, Succeeded
from service.worker.ends import cancelled_cost, cost_of, unknown_end
from service.worker.leased_job import LeasedJob
from service.worker.renderer import Renderer
from service.worker.rendering import Rendering

log = structlog.get_logger()

POLL_SECONDS = 1.0
MOST_POLLS = 120
"""After two minutes a cancel that the provider does not confirm is taken as received."""


class Settling:
    """The step of a job in `failed` or `cancelled` with an open render."""

    def __init__(self, rendering: Rendering, prices: Prices) -> None:
        self._rendering = rendering
        self._prices = prices

    async def settle(self, leased: LeasedJob) -> None:
        """Settle the oldest open render. Raises Unavailable while it may help to try again, RendererAway."""
        render = leased.job.open_renders[0]
        renderer = self._rendering.renderers.of(render.order)
        try:
            render_id = render.render_id or await self._find(leased, render)
        except Refused as error:
            await self._leave_unknown(leased, render, render.render_id, error)
            return
        if render_id is None:
            await leased.execute(c.SettleRender(token=render.token, outcome="not_created"))
            return
        try:
            await self._cancel(leased, renderer, render_id)
            await self._await_end(leased, renderer, render, render_id)
        except Unavailable as error:
            if not self._rendering.following.is_given_up(leased, render, error):
                raise
            await self._leave_unknown(leased, render, render_id, error)

    async def _leave_unknown(
        self, leased: LeasedJob, render: Render, render_id: str | None, error: Refused | Unavailable
    ) -> None:
        """Settle a render whose end nobody can find out: only the provider's bill says what it cost."""
        log.error("render_left_unknown", job_id=leased.job_id, token=render.token, reason=str(error))
        await leased.execute(unknown_end(leased.job, render, render_id, self._prices))

    async def _find(self, leased: LeasedJob, render: Render) -> str | None:
        return await self._rendering.search.look_up(leased, render) if render.order.bills else render.token

    async def _cancel(self, leased: LeasedJob, renderer: Renderer, render_id: str) -> None:
        try:
            await renderer.cancel(render_id)
        except Refused as error:
            log.warning("cancel_refused", job_id=leased.job_id, render_id=render_id, reason=str(error))

    async def _await_end(self, leased: LeasedJob, renderer: Renderer, render: Render, render_id: str) -> None:
        last: RenderProgress | None = None
        for _ in range(MOST_POLLS):
            last = await _follow(renderer, render, render_id)
            leased.polls_work()
            if last is not None and not isinstance(last, Running):
                break
            await leased.pause(POLL_SECONDS)
        await leased.execute(self._settled(leased, render, render_id, last))

    def _settled(
        self, leased: LeasedJob, render: Render, render_id: str, last: RenderProgress | None
    ) -> c.SettleRender:
        outcome, seconds = _outcome(last)
        price = cancelled_cost if isinstance(last, Cancelled) else cost_of
        cost, basis = price(leased.job, render, seconds, self._prices)
        log.info("render_settled", job_id=leased.job_id, render_id=render_id, outcome=outcome, cost=float(cost))
        return c.SettleRender(
            token=render.token,
            outcome=outcome,
            render_id=render_id,
            cost=cost,
            basis=basis,
            output_url=last.output_url if isinstance(last, Succeeded) else None,
            expires_at=last.expires_at if isinstance(last, Succeeded) else None,
        )


async def _follow(renderer: Renderer, render: Render, render_id: str) -> RenderProgress | None:
    """Return how far it is, None while the provider does not show it."""
    try:
        return await renderer.follow(render_id, render.order)
    except NotFound:
        return None


def _outcome(last: RenderProgress | None) -> tuple[str, float | None]:
    """Return how a render ended, by the last poll, and what the provider billed; None: nobody can tell.

    One that is not shown any more may have succeeded between two polls, and one that still runs may be paid to its end.
    """
    match last:
        case Succeeded(billed_seconds=seconds) | Forgotten(billed_seconds=seconds):
            return "succeeded", seconds
        case Failed(billed_seconds=seconds):
            return "failed", seconds
        case Cancelled(billed_seconds=seconds):
            return "cancelled", seconds
        case Lost():
            return "cancelled", None
        case Running():
            return "unconfirmed", None
        case None:
            return "unknown", None
