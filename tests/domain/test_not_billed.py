"""A renderer that sends no bill costs nothing; what it would have cost stands beside that."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from domain import commands as c
from domain import events as e
from domain.cost import Prices
from domain.decide import decide
from domain.evolve import evolve
from domain.job import Job
from tests.domain.scenario import (
    CANCEL,
    accept,
    approve,
    approved,
    complete,
    completed,
    fail,
    failed,
    given,
    request,
    requested,
    retry,
    store,
    succeed,
)


def local_request(token: str = "token-1", renderer: str = "slideshow", prices: Prices | None = None) -> c.RequestRender:
    command = request(token) if prices is None else request(token, prices)
    return replace(command, order=replace(command.order, renderer=renderer, model=None, seconds_sent=5.0))


def made_here(renderer: str = "slideshow", estimate: Decimal | None = Decimal("0.01")) -> Job:
    return given(approve(estimated_cost=estimate), local_request(renderer=renderer), accept(), succeed(), store())


def completion(job: Job) -> e.VideoCompleted:
    (event,) = decide(complete(), job)
    assert isinstance(event, e.VideoCompleted)
    return event


@pytest.mark.parametrize("renderer", ["slideshow", "noop"])
def test_a_video_that_nobody_billed_costs_nothing_and_says_what_it_would_have_cost(renderer: str) -> None:
    """The slideshow's films were booked at the provider's prices, as if somebody had been paid."""
    event = completion(made_here(renderer))
    assert (event.actual_cost, event.image_cost, event.list_price) == (0, 0, Decimal("0.510"))
    assert event.attempt_costs == (e.AttemptCost(attempt=1, cost=Decimal(0), basis="not_billed"),)


def test_the_warning_above_the_estimate_is_not_about_what_nobody_billed() -> None:
    assert not completion(made_here()).above_estimate


def test_its_request_expects_no_cost() -> None:
    (event,) = decide(local_request(), approved())
    assert isinstance(event, e.RenderRequested)
    assert (event.image_cost, event.estimated_cost) == (0, 0)


def test_what_it_would_have_cost_grows_as_the_cost_of_a_paid_one_does() -> None:
    requested_here = given(local_request(), job=approved())
    accepted_here = given(accept(), job=requested_here)
    rendered_here = given(succeed(), job=accepted_here)
    prices = [job.list_price for job in (approved(), requested_here, accepted_here, rendered_here)]
    assert prices == [None, 0, Decimal("0.006"), Decimal("0.506")]
    assert rendered_here.actual_cost == 0


def test_a_cancelled_one_costs_nothing() -> None:
    job = given(local_request(), accept(), CANCEL, job=approved())
    assert (job.actual_cost, job.list_price) == (0, Decimal("0.006"))


@pytest.mark.parametrize("job", [requested(), failed(), completed()], ids=["requested", "failed", "completed"])
def test_a_job_that_is_billed_has_no_list_price(job: Job) -> None:
    assert job.list_price is None


def test_a_paid_attempt_counts_though_the_video_was_made_here() -> None:
    paid = given(approve(), request(), accept(), fail(cost=Decimal("0.104"), retry=None), retry())
    job = given(local_request("token-2"), accept("token-2", "local"), succeed("token-2"), store(), job=paid)
    event = completion(job)
    assert (event.actual_cost, event.image_cost) == (Decimal("0.110"), Decimal("0.006"))
    assert event.list_price == Decimal("0.510")


def test_images_are_paid_by_the_first_render_that_is_billed() -> None:
    """The slideshow had "paid" them already, so that the provider's were free."""
    here = given(local_request(), accept(), fail(retry=None), retry(), job=approved())
    asked = given(request("token-2"), job=here)
    assert (asked.actual_cost, given(accept("token-2", "r"), job=asked).actual_cost) == (0, Decimal("0.006"))


def test_a_request_of_an_earlier_version_that_priced_the_images_is_completed_without_a_cost() -> None:
    (event,) = decide(local_request(), approved())
    assert isinstance(event, e.RenderRequested)
    old = replace(event, image_cost=Decimal("0.006"), estimated_cost=None, prices=None)
    job = given(accept(), succeed(), store(), job=evolve(approved(), old))
    assert (completion(job).actual_cost, completion(job).list_price) == (0, None)


def test_a_completed_event_of_an_earlier_version_keeps_what_it_stored() -> None:
    old = replace(completion(made_here()), actual_cost=Decimal("0.51"), image_cost=Decimal("0.006"), list_price=None)
    job = evolve(made_here(), old)
    assert (job.actual_cost, job.list_price) == (Decimal("0.51"), None)
