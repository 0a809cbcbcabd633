"""Nobody can tell whether a render was created: a person decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.machine import Status
from domain.steps import StepKind, is_idle, next_steps
from tests.domain.scenario import (
    CANCEL,
    STAGES,
    adopt,
    given,
    leave,
    only,
    request,
    requested,
    retry,
    settle,
    unresolved,
)


def test_an_open_request_is_left_to_an_operator() -> None:
    assert decide(leave(), requested()) == (
        e.RenderUnresolved(attempt=1, token="token-1", reason="the list does not answer"),
    )


def test_the_job_waits_for_a_person_and_says_why() -> None:
    job = unresolved()
    assert (job.needs_operator, is_idle(job), next_steps(job)) == (True, True, ())
    assert job.message == "Waiting for an operator: the list does not answer"


@pytest.mark.parametrize("name", [name for name in STAGES if name != "requested"])
def test_only_a_request_without_an_answer_can_be_left_unresolved(name: str) -> None:
    """An accepted render was: an operator's retry would have paid it a second time."""
    with pytest.raises(IllegalMove):
        decide(leave(), STAGES[name])


def test_a_retry_means_that_nothing_was_created() -> None:
    assert decide(retry(), unresolved()) == (
        e.RenderResolved(token="token-1", outcome="not_created", by="ada"),
    )  # fmt: skip


def test_after_a_retry_the_same_token_is_sent_again() -> None:
    job = given(retry(), job=unresolved())
    assert (job.status, job.needs_operator, next_steps(job), is_idle(job)) == (
        Status.RENDERING,
        False,
        only(StepKind.REQUEST),
        False,
    )
    assert given(request(), job=job).attempt == 1


def test_a_resolved_job_no_longer_says_that_it_waits() -> None:
    """Its message went on asking for an operator who had answered."""
    assert given(retry(), job=unresolved()).message == "Render resolved by ada"


def test_a_person_who_found_the_render_adopts_it() -> None:
    assert decide(adopt("render-7"), unresolved()) == (
        e.RenderResolved(token="token-1", outcome="adopted", by="ada", render_id="render-7"),
        e.RenderAccepted(attempt=1, render_id="render-7"),
    )
    job = given(adopt("render-7"), job=unresolved())
    assert (job.needs_operator, next_steps(job)) == (False, only(StepKind.FOLLOW))
    assert decide(adopt("render-7"), job) == ()


@pytest.mark.parametrize("name", [name for name in STAGES if name != "unresolved"])
def test_what_waits_for_nobody_is_not_adopted(name: str) -> None:
    with pytest.raises(IllegalMove):
        decide(adopt("render-7"), STAGES[name])


def test_another_token_is_not_adopted() -> None:
    with pytest.raises(IllegalMove, match="no render of this job has the token foreign"):
        decide(adopt("render-7", "foreign"), unresolved())


def test_a_retry_names_the_scene_that_it_is_about() -> None:
    with pytest.raises(IllegalMove, match="no render of scene 3 needs a person"):
        decide(replace(retry(), scene=3), unresolved())


def test_a_cancel_gives_the_render_up_and_what_may_exist_is_still_settled() -> None:
    assert [type(event).__name__ for event in decide(CANCEL, unresolved())] == ["RenderResolved", "JobCancelled"]
    job = given(CANCEL, job=unresolved())
    assert (job.status, next_steps(job)) == (Status.CANCELLED, only(StepKind.SETTLE))
    assert next_steps(given(settle(outcome="not_created"), job=job)) == ()
