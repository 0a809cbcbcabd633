"""Money is exact until the end, and rounded once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.cost import Prices, above_estimate, total
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
    assert (Prices().of_images(5), Prices().of_seconds(14.8)) == (Decimal("0.015"), Decimal("1.480"))


def test_a_length_is_taken_as_it_is_written_not_as_binary_fraction() -> None:
    assert Prices().of_seconds(0.1) == Decimal("0.010")


@pytest.mark.parametrize(
    ("parts", "cents"),
    [
        (["0.004"], "0.00"),
        (["0.005"], "0.01"),
        (["0.015"], "0.02"),
        (["0.025"], "0.03"),
        (["0.0149999"], "0.01"),
        ([], "0.00"),
    ],
)
def test_the_total_is_rounded_half_up_to_cents(parts: list[str], cents: str) -> None:
    assert str(total(map(Decimal, parts))) == cents


def test_only_the_total_is_rounded() -> None:
    assert total([Decimal("0.004")] * 3) == Decimal("0.01")


@for_all(st.lists(AMOUNTS, max_size=8))
def test_the_total_is_within_half_a_cent_of_the_exact_sum(parts: list[Decimal]) -> None:
    assert abs(total(parts) - sum(parts, Decimal(0))) <= Decimal("0.005")


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
    assert accepted().actual_cost == Decimal("0.01")


def test_a_render_that_succeeds_without_ever_having_been_accepted_is_paid_too() -> None:
    assert given(succeed(), job=requested()).actual_cost == Decimal("0.51")


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
    assert job.actual_cost == Decimal("0.31")
