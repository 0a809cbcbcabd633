"""Money is exact: nothing is rounded before a person reads it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.cost import Prices, above_estimate, total, total_or_none
from tests.domain.scenario import (
    accept,
    accepted,
    approved,
    deferred,
    fail,
    given,
    request,
    requested,
    succeed,
    unresolved,
)

AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=6)


def test_the_prices_are_the_promised_ones() -> None:
    assert Prices() == Prices(per_image=Decimal("0.003"), per_second=Decimal("0.10"))


def test_images_are_paid_by_count_and_length_by_second() -> None:
    assert (Prices().of_images(5), Prices().of_video(14.8)) == (Decimal("0.015"), Decimal("1.480"))


def test_a_length_is_taken_as_it_is_written_not_as_binary_fraction() -> None:
    assert Prices().of_video(0.1) == Decimal("0.010")


def test_sixty_thousand_jobs_of_a_third_of_a_cent_cost_a_hundred_and_eighty_dollars() -> None:
    """Each was rounded to $0.00 before they were summed."""
    assert total([Decimal("0.003")] * 60_000) == 180


def test_a_sum_of_very_large_and_very_small_amounts_loses_nothing() -> None:
    assert total([Decimal(10) ** 25, Decimal("1e-12")]) == Decimal("10000000000000000000000000.000000000001")


def test_what_nobody_knows_is_no_part_of_a_sum_and_a_sum_of_nothing_is_unknown() -> None:
    assert (total_or_none([None, Decimal(1), None]), total_or_none([None]), total_or_none([])) == (
        Decimal(1),
        None,
        None,
    )


@for_all(st.lists(AMOUNTS, max_size=8))
def test_the_total_is_the_exact_sum(parts: list[Decimal]) -> None:
    assert total(parts) == sum(map(Fraction, parts))


def test_a_price_for_a_run_knows_no_length() -> None:
    prices = Prices(per_second=Decimal("0.45"), unit="run")
    assert (prices.of_video(2), prices.of_video(60), prices.of_units(1.0)) == (Decimal("0.45"),) * 2 + (
        Decimal("0.450"),
    )


@pytest.mark.parametrize(
    ("prices", "by_length"),
    [
        (Prices(), True),
        (Prices(is_metered=True), False),
        (Prices(unit="run"), False),
        (Prices(unit="predict_second"), False),
    ],
)
def test_only_a_price_for_a_second_of_video_without_a_figure_is_by_the_measured_length(
    prices: Prices, by_length: bool
) -> None:
    assert prices.is_by_length is by_length


@for_all(st.lists(AMOUNTS, max_size=8), AMOUNTS)
def test_another_part_never_makes_the_total_smaller(parts: list[Decimal], more: Decimal) -> None:
    assert total([*parts, more]) >= total(parts)


@pytest.mark.parametrize(
    ("actual", "estimate", "above"),
    [("1.20", "1", False), ("1.21", "1", True), ("0.01", "0", False), ("9.99", None, False), ("0", "1", False)],
)
def test_a_cost_is_above_only_an_estimate_that_says_something(actual: str, estimate: str | None, above: bool) -> None:
    wished = None if estimate is None else Decimal(estimate)
    assert above_estimate(Decimal(actual), wished, threshold=Decimal("1.2")) is above


@pytest.mark.parametrize("job", [approved(), requested(), deferred(), unresolved()])
def test_before_a_renderer_took_the_job_it_costs_nothing(job: object) -> None:
    assert job.actual_cost == Decimal(0)  # type: ignore[attr-defined]


def test_from_the_first_acceptance_on_its_images_are_paid() -> None:
    assert accepted().actual_cost == Decimal("0.006")


def test_a_render_that_succeeds_without_ever_having_been_accepted_is_paid_too() -> None:
    assert given(succeed(), job=requested()).actual_cost == Decimal("0.506")


def test_three_paid_attempts_pay_their_seconds_each_and_the_images_once() -> None:
    job = given(
        fail(cost=Decimal("0.104")),
        request("token-2"),
        accept("token-2", "render-2"),
        fail("token-2", cost=Decimal("0.104")),
        request("token-3"),
        accept("token-3", "render-3"),
        succeed("token-3", billed_seconds=1.0),
        job=accepted(),
    )
    assert job.actual_cost == Decimal("0.314")
