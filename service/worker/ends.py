"""What the end of a render means for its job: the command, and what it cost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from domain import commands as c
from domain.cost import Prices
from domain.events import Basis
from domain.job import Job, Render
from domain.rendering import Succeeded
from domain.retry import RetryPolicy
from service.worker.leased_job import LeasedJob
from service.worker.policy import RenderPolicy

Cost = tuple[Decimal, Basis]
NOTHING: Cost = (Decimal(0), "not_billed")


def success(leased: LeasedJob, render: Render, done: Succeeded, policy: RenderPolicy) -> c.SucceedRender:
    """Return the command for a render that has a video; it is fetched until it expires, at most."""
    until = leased.now() + timedelta(seconds=policy.download_seconds)
    return c.SucceedRender(
        token=render.token,
        output_url=done.output_url,
        duration_seconds=done.duration_seconds,
        expires_at=done.expires_at,
        download_until=min(until, done.expires_at) if done.expires_at else until,
        prices=policy.prices,
        billed_seconds=done.billed_seconds,
    )


def failure(
    leased: LeasedJob, render: Render, reason: str, cost: Cost, policy: RenderPolicy, *, again: bool
) -> c.FailRender:
    """Return the command for a render that ended without a video; `again`: another attempt may help."""
    retry: RetryPolicy | None = policy.retry if again else None
    amount, basis = cost
    return c.FailRender(token=render.token, reason=reason, at=leased.now(), retry=retry, cost=amount, basis=basis)


def cost_of(job: Job, render: Render, billed_seconds: float | None, configured: Prices) -> Cost:
    """Return what a render cost that has ended: by the provider's figure, else by the length that it was asked for."""
    if not render.order.bills or billed_seconds == 0:
        return NOTHING
    prices = render.prices_or(configured)
    if billed_seconds is not None:
        return prices.of_units(billed_seconds), "provider_metric"
    return prices.of_video(job.asked_seconds(render)), "asked_duration"


def cancelled_cost(job: Job, render: Render, ran_seconds: float | None, configured: Prices) -> Cost:
    """Return what a cancelled render cost: the time that it ran, and never more than the video that was asked for."""
    ran = cost_of(job, render, ran_seconds, configured)
    asked = cost_of(job, render, None, configured)
    is_by_video = render.prices_or(configured).unit == "second"
    return min(ran, asked, key=lambda cost: cost[0]) if is_by_video else ran


def unknown_end(job: Job, render: Render, render_id: str | None, configured: Prices) -> c.SettleRender:
    """Return the command for a render whose end nobody can find out: one that has an id counts as paid."""
    cost, basis = cost_of(job, render, 0 if render_id is None else None, configured)
    return c.SettleRender(token=render.token, outcome="unknown", render_id=render_id, cost=cost, basis=basis)
