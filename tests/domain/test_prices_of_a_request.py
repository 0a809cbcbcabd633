"""A render is paid by the prices of its request, whatever is configured when it ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from domain import events as e
from domain.cost import Prices
from domain.decide import decide
from domain.job import Job
from tests.domain.scenario import accept, approve, complete, given, request, store, succeed

OLD = Prices(per_image=Decimal("0.01"), per_second=Decimal("0.50"))


def rendered(prices: Prices, *, billed_seconds: float | None = None) -> Job:
    command = request(prices=prices, seconds_sent=6)
    success = succeed(duration_seconds=None, billed_seconds=billed_seconds)
    return given(approve(), command, accept(), success, store())


def last_cost(job: Job) -> e.AttemptCost:
    (event,) = decide(complete(), job)
    assert isinstance(event, e.VideoCompleted)
    return event.attempt_costs[-1]


def test_a_deploy_with_other_prices_changes_no_cost_of_a_render_that_was_requested() -> None:
    """A change of the price, or of the renderer, priced what the provider had sold before at today's price."""
    job = rendered(OLD)
    assert job.actual_cost == Decimal("3.02")  # two images, and 6 s as asked
    assert last_cost(job) == e.AttemptCost(attempt=1, cost=Decimal("2.520"), basis="measured_duration")


def test_a_request_of_an_earlier_version_is_paid_at_the_prices_of_today() -> None:
    job = rendered(OLD)
    renders = tuple(replace(render, prices=None) for render in job.renders)
    assert last_cost(replace(job, renders=renders)).cost == Decimal("0.504")


@pytest.mark.parametrize(
    ("prices", "billed_seconds", "cost", "basis"),
    [
        (replace(OLD, unit="run"), None, "0.50", "asked_duration"),
        (replace(OLD, unit="run"), 1.0, "0.50", "provider_metric"),
        (replace(OLD, is_metered=True), None, "3.00", "asked_duration"),
        (replace(OLD, is_metered=True), 7.0, "3.50", "provider_metric"),
        (replace(OLD, unit="predict_second"), None, "3.00", "asked_duration"),
    ],
    ids=["run", "run_billed", "no_figure", "figure", "no_computing_time"],
)
def test_a_measured_length_is_no_cost_where_the_price_is_for_something_else(
    prices: Prices, billed_seconds: float | None, cost: str, basis: str
) -> None:
    found = last_cost(rendered(prices, billed_seconds=billed_seconds))
    assert (found.cost, found.basis) == (Decimal(cost), basis)


def test_a_download_that_fails_for_good_costs_the_seconds_that_were_sent() -> None:
    """It cost those of the storyboard, which a model films only after rounding them."""
    (success,) = decide(succeed(duration_seconds=None), given(approve(), request(seconds_sent=6), accept()))
    assert isinstance(success, e.RenderSucceeded)
    assert (success.cost, success.basis) == (Decimal("0.60"), "asked_duration")
