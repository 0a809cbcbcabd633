"""What the end of a render means for its job: the command, and what it cost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from domain import commands as c
from domain.cost import Prices
from domain.events import Basis
from domain.job import Render
from domain.rendering import Succeeded
from domain.retry import RetryPolicy
from service.worker.leased_job import LeasedJob
from service.worker.policy import RenderPolicy


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
    leased: LeasedJob, render: Render, reason: str, billed_seconds: float | None, policy: RenderPolicy, *, again: bool
) -> c.FailRender:
    """Return the command for a render that ended without a video; `again`: another attempt may help."""
    cost, basis = billed(policy.prices, billed_seconds)
    retry: RetryPolicy | None = policy.retry if again else None
    return c.FailRender(token=render.token, reason=reason, at=leased.now(), retry=retry, cost=cost, basis=basis)


def billed(prices: Prices, seconds: float | None) -> tuple[Decimal, Basis]:
    """Return what an attempt without a video cost, and the basis."""
    return (prices.of_seconds(seconds), "provider_metric") if seconds is not None else (Decimal(0), "not_billed")


def billed_or_asked(prices: Prices, seconds: float | None, asked_seconds: float) -> tuple[Decimal, Basis]:
    """Return what a finished render cost: by the provider's figure, else by the length that it was asked for."""
    return (prices.of_seconds(asked_seconds), "asked_duration") if seconds is None else billed(prices, seconds)
