"""Nobody can tell whether a render was created: a person decides."""

from __future__ import annotations

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.job import RenderState
from domain.machine import Status
from domain.steps import Step, StepKind, is_idle, next_steps
from tests.domain.scenario import (
    CANCEL,
    STAGES,
    given,
    leave,
    only,
    request,
    requested,
    resolve,
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


@pytest.mark.parametrize(
    ("outcome", "state", "steps"),
    [
        ("adopted", RenderState.REQUESTED, only(StepKind.RECONCILE)),
        ("not_created", RenderState.DEFERRED, only(StepKind.REQUEST)),
        ("given_up", RenderState.GIVEN_UP, only(StepKind.REQUEST)),
    ],
)
def test_each_outcome_says_how_it_goes_on(outcome: e.Resolution, state: RenderState, steps: tuple[Step, ...]) -> None:
    job = given(resolve(outcome), job=unresolved())
    assert job.render is not None
    assert (job.render.state, next_steps(job)) == (state, steps)


@pytest.mark.parametrize("name", [name for name in STAGES if name != "unresolved"])
@pytest.mark.parametrize("outcome", ["adopted", "not_created", "given_up"])
def test_what_waits_for_nobody_is_not_resolved(name: str, outcome: e.Resolution) -> None:
    """An accepted render could be declared never created, and was then paid again."""
    with pytest.raises(IllegalMove, match="no render with the token token-1 waits for an operator"):
        decide(resolve(outcome), STAGES[name])


def test_another_token_is_not_resolved() -> None:
    with pytest.raises(IllegalMove, match="no render with the token foreign waits for an operator"):
        decide(resolve("adopted", "foreign"), unresolved())


def test_a_cancel_ends_it_and_what_may_exist_is_still_settled() -> None:
    job = given(CANCEL, job=unresolved())
    assert (job.status, next_steps(job)) == (Status.CANCELLED, only(StepKind.SETTLE))
    assert next_steps(given(settle(outcome="not_created"), job=job)) == ()
