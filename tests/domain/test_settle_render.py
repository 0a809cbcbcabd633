"""What becomes known of a render after its job has ended."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.job import Job, RenderState
from domain.steps import next_steps
from tests.domain.scenario import (
    CANCEL,
    STAGES,
    TIMEOUT,
    cancelled,
    deferred,
    failed,
    failed_download,
    given,
    requested,
    settle,
    timed_out,
    unresolved,
)


@pytest.mark.parametrize("job", [timed_out(), cancelled()], ids=["failed", "cancelled"])
def test_an_open_render_of_an_ended_job_is_settled(job: Job) -> None:
    assert decide(settle(cost=Decimal("0.2")), job) == (
        e.RenderSettled(
            attempt=1, render_id="render-1", outcome="cancelled", cost=Decimal("0.2"), basis="provider_metric"
        ),
    )


@pytest.mark.parametrize("job", [timed_out(), cancelled()], ids=["failed", "cancelled"])
def test_the_job_stays_as_it_ended_and_costs_what_is_known_now(job: Job) -> None:
    after = given(settle(cost=Decimal("0.2")), job=job)
    assert (after.status, after.message, after.error) == (job.status, job.message, job.error)
    assert (after.actual_cost, next_steps(after)) == (Decimal("0.206"), ())


def test_a_request_that_created_nothing_costs_nothing() -> None:
    job = given(CANCEL, settle(outcome="not_created"), job=requested())
    assert (job.actual_cost, job.open_renders) == (Decimal("0.00"), ())


def test_an_id_that_is_found_while_settling_is_kept_and_its_images_are_paid() -> None:
    job = given(CANCEL, settle(render_id="render-7"), job=requested())
    assert job.render is not None
    assert (job.render.render_id, job.render.state, job.actual_cost) == (
        "render-7",
        RenderState.SETTLED,
        Decimal("0.006"),
    )


@pytest.mark.parametrize(
    "job",
    [
        given(CANCEL, settle(outcome="not_created"), job=requested()),
        given(CANCEL, job=deferred()),
        given(CANCEL, job=unresolved()),
    ],
    ids=["not_created", "deferred", "given_up"],
)
def test_a_render_that_appears_after_all_is_settled(job: Job) -> None:
    after = given(settle(render_id="render-7", cost=Decimal("0.2")), job=job)
    assert (after.actual_cost, after.renders[-1].render_id) == (Decimal("0.206"), "render-7")


def test_the_same_again_changes_nothing() -> None:
    settled = given(settle(cost=Decimal("0.2")), job=cancelled())
    assert decide(settle(), settled) == decide(settle(render_id="render-1"), settled) == ()


def test_another_render_does_not_settle_the_one_that_is_open() -> None:
    """A late second create was cancelled by its worker, and the first one counted as ended while it ran on."""
    with pytest.raises(IllegalMove, match="attempt 1 has the render render-1, not render-2"):
        decide(settle(render_id="render-2"), cancelled())


@pytest.mark.parametrize("job", [failed(), failed_download()], ids=["failed", "succeeded"])
def test_a_render_whose_end_is_known_is_not_settled_again(job: Job) -> None:
    """Settling it with no cost erased what it had cost."""
    with pytest.raises(IllegalMove, match="nothing is left to settle"):
        decide(settle(), job)


@pytest.mark.parametrize("name", [name for name, job in STAGES.items() if not job.is_final and job.renders])
def test_while_a_job_is_at_work_nothing_is_settled(name: str) -> None:
    with pytest.raises(IllegalMove):
        decide(settle(), STAGES[name])


def test_a_timeout_is_settled_once() -> None:
    job = given(TIMEOUT, settle(outcome="not_created"), job=requested())
    assert decide(settle(outcome="not_created"), job) == ()
