"""A failed attempt: tried again while the budget lasts, and what it cost is kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.job import Job
from domain.machine import Status
from domain.retry import RetryPolicy
from domain.steps import next_steps
from tests.domain.scenario import AT, STAGES, accept, accepted, fail, given, request, requested, retry, waiting


def second() -> Job:
    return given(request("token-2"), accept("token-2", "render-2"), job=waiting())


def third() -> Job:
    return given(fail("token-2"), request("token-3"), accept("token-3", "render-3"), job=second())


def test_the_first_failure_is_tried_again_after_30_seconds() -> None:
    assert decide(fail(cost=Decimal("0.2")), accepted()) == (
        e.RenderAttemptFailed(
            attempt=1,
            reason="The model crashed",
            cost=Decimal("0.2"),
            basis="provider_metric",
            tries=1,
            tries_allowed=3,
            retry_at=AT + timedelta(seconds=30),
            retry_in_seconds=30.0,
        ),
    )


def test_the_second_failure_is_tried_again_after_90_seconds() -> None:
    job = given(fail("token-2"), job=second())
    assert (job.retry_at, job.message) == (AT + timedelta(seconds=90), "Retrying in 90s (attempt 3/3)...")


def test_the_third_failure_ends_the_job_with_the_last_reason() -> None:
    failed, ended = decide(fail("token-3", "Out of memory"), third())
    assert isinstance(failed, e.RenderAttemptFailed)
    assert (failed.retry_at, failed.retry_in_seconds) == (None, None)
    assert ended == e.JobFailed(stage="rendering", reason="Failed after 3 attempts: Out of memory")


def test_without_retries_the_text_speaks_of_one_attempt() -> None:
    _, ended = decide(fail(retry=RetryPolicy(max_retries=0)), accepted())
    assert ended == e.JobFailed(stage="rendering", reason="Failed after 1 attempt: The model crashed")


def test_what_no_attempt_can_help_ends_the_job_with_the_reason_as_it_is() -> None:
    failed, ended = decide(fail(retry=None), requested())
    assert isinstance(failed, e.RenderAttemptFailed)
    assert (failed.tries, failed.tries_allowed, failed.retry_at) == (1, 1, None)
    assert ended == e.JobFailed(stage="rendering", reason="The model crashed")


def test_the_budget_counts_from_the_last_retry_and_attempts_count_on() -> None:
    ended = given(fail("token-3"), job=third())
    job = given(retry(), request("token-4"), accept("token-4", "render-4"), fail("token-4"), job=ended)
    assert (job.attempt, job.tries) == (4, 1)
    assert (job.retry_at, job.message) == (AT + timedelta(seconds=30), "Retrying in 30s (attempt 2/3)...")


def test_a_failed_job_is_failed_in_rendering() -> None:
    job = given(fail(retry=None), job=accepted())
    assert (job.status, job.stage, job.error, next_steps(job)) == (
        Status.FAILED,
        "rendering",
        "The model crashed",
        (),
    )


@pytest.mark.parametrize("name", [name for name in STAGES if name not in {"requested", "accepted"}])
def test_an_attempt_that_is_not_in_hand_does_not_fail(name: str) -> None:
    with pytest.raises(IllegalMove):
        decide(fail(), STAGES[name])


def test_an_older_attempt_does_not_fail_again() -> None:
    with pytest.raises(IllegalMove, match="attempt 1 is failed"):
        decide(fail("token-1"), second())
