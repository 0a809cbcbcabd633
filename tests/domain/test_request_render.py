"""The intent to render, stored before every call that creates."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain import commands as c
from domain import events as e
from domain.cost import Prices
from domain.decide import decide
from domain.errors import IllegalMove
from domain.job import Job, RenderState
from domain.machine import Status
from domain.rendering import RenderOrder
from tests.domain.scenario import (
    AT,
    STAGES,
    TIMEOUT,
    accepted,
    approved,
    defer,
    deferred,
    failed,
    given,
    request,
    requested,
    retry,
    unresolved,
    waiting,
)


def later() -> c.RequestRender:
    return replace(request(), deadline=AT + timedelta(seconds=900))


MAY_NOT = {
    name: job for name, job in STAGES.items() if job.status not in {Status.APPROVED, Status.RENDERING}
}  # fmt: skip


def test_an_approved_job_requests_its_first_attempt_with_the_price_of_its_images() -> None:
    assert decide(request(), approved()) == (
        e.RenderRequested(
            attempt=1,
            token="token-1",
            renderer="replicate",
            model="owner/name",
            request_hash="request-1",
            deadline=AT + timedelta(seconds=600),
            image_cost=Decimal("0.006"),
            requested_at=AT,
            estimated_cost=Decimal("0.506"),
            prices=Prices(),
        ),
    )


@pytest.mark.parametrize(
    ("command", "job", "estimate"),
    [
        (request(seconds_sent=10), approved(), "1.006"),
        (request("token-2"), waiting(), "0.50"),
        (request(prices=Prices(per_second=Decimal("0.45"), unit="run")), approved(), "0.456"),
    ],
    ids=["seconds_sent", "images_counted_before", "price_for_a_run"],
)
def test_it_says_what_the_render_adds_to_the_cost_if_it_succeeds(
    command: c.RequestRender, job: Job, estimate: str
) -> None:
    (event,) = decide(command, job)
    assert isinstance(event, e.RenderRequested)
    assert event.estimated_cost == Decimal(estimate)


def test_it_stores_all_that_a_later_look_needs() -> None:
    order = RenderOrder(
        renderer="replicate",
        model="owner/name",
        request_hash="request-1",
        account="account-1",
        profile="profile-1",
        seed=7,
        input={"prompt": "a hill", "seed": 7},
        recall={"by": "seed"},
        seconds_sent=5.0,
    )
    job = given(replace(request(), order=order), job=approved())
    assert job.newest_render.order == order


def test_a_requested_render_is_open_until_more_is_known() -> None:
    job = requested()
    assert (job.status, job.attempt, job.tries) == (Status.RENDERING, 1, 1)
    assert [render.state for render in job.open_renders] == [RenderState.REQUESTED]


def test_after_a_failed_attempt_the_next_one_is_counted() -> None:
    job = given(request("token-2"), job=waiting())
    assert (job.attempt, job.tries, job.retry_at) == (2, 2, None)
    assert [render.token for render in job.renders] == ["token-1", "token-2"]


def test_a_deferred_request_goes_on_with_its_token_and_counts_no_attempt() -> None:
    job = given(request(), job=deferred())
    assert (job.attempt, job.tries, len(job.renders)) == (1, 1, 1)
    assert job.renders[0].state is RenderState.REQUESTED


def test_a_deferred_request_cannot_go_on_with_another_token() -> None:
    with pytest.raises(IllegalMove, match="attempt 1 goes on with its own token"):
        decide(request("token-2"), deferred())


@pytest.mark.parametrize("job", [requested(), accepted(), unresolved()], ids=["requested", "accepted", "unresolved"])
@pytest.mark.parametrize("token", ["token-1", "token-2"])
def test_while_a_render_is_open_nothing_is_requested(job: Job, token: str) -> None:
    with pytest.raises(IllegalMove, match="attempt 1 is still open"):
        decide(request(token), job)


def test_the_token_of_a_failed_attempt_is_not_used_again() -> None:
    """It replaced the failed render, and what that had cost was forgotten."""
    with pytest.raises(IllegalMove, match="the token token-1 was used before"):
        decide(request("token-1"), waiting())


def test_after_a_retry_attempts_count_on_and_tries_begin_anew() -> None:
    job = given(retry(), request("token-2"), job=failed())
    assert (job.attempt, job.tries) == (2, 1)


def test_the_deadline_moves_where_surely_nothing_was_sent() -> None:
    """429, a refused connection: the provider's queue is not the attempt's time."""
    assert given(later(), job=deferred()).newest_render.deadline == AT + timedelta(seconds=900)


def test_the_deadline_stays_where_it_was_sent_and_not_found() -> None:
    """Every create answered 500 and moved the deadline: it was created again every 51 seconds for ever."""
    job = given(defer(absent=True), later(), job=requested())
    assert job.newest_render.deadline == AT + timedelta(seconds=600)


def test_each_look_in_vain_is_counted_for_its_token() -> None:
    job = given(defer(absent=True), later(), defer(), later(), defer(absent=True), later(), job=requested())
    assert (job.newest_render.absences, job.newest_render.may_exist, job.attempt) == (2, True, 1)


def test_a_retry_by_a_person_begins_a_new_time_limit() -> None:
    job = given(defer(absent=True), TIMEOUT, retry(), later(), job=requested())
    assert job.newest_render.deadline == AT + timedelta(seconds=900)


def test_a_deferred_request_that_goes_on_after_a_retry_is_a_first_try() -> None:
    """It counted as none, so that its failure waited a third of the backoff and spoke of attempt 1/3 twice."""
    job = given(TIMEOUT, retry(), request(), job=deferred())
    assert (job.attempt, job.tries) == (1, 1)


def test_images_that_were_paid_keep_their_price_when_prices_change() -> None:
    job = given(request("token-2", Prices(per_image=Decimal("0.5"))), job=waiting())
    assert (job.image_cost, job.actual_cost) == (Decimal("0.006"), Decimal("0.006"))


@pytest.mark.parametrize("job", MAY_NOT.values(), ids=MAY_NOT)
def test_elsewhere_it_is_an_illegal_move(job: Job) -> None:
    with pytest.raises(IllegalMove):
        decide(request("token-9"), job)
