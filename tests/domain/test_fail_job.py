"""A job fails for a reason that is not one attempt's."""

from __future__ import annotations

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.machine import FINAL, Status
from domain.steps import StepKind, next_steps
from tests.domain.scenario import STAGES, TIMEOUT, accepted, given, only, waiting

WORKING = {name: job for name, job in STAGES.items() if job.status not in FINAL and name != "new"}


@pytest.mark.parametrize("name", WORKING)
def test_a_working_job_fails_in_the_stage_where_it_stood(name: str) -> None:
    job = WORKING[name]
    assert decide(TIMEOUT, job) == (e.JobFailed(stage=str(job.status), reason="Video rendering timeout"),)


def test_a_failed_job_waits_for_nothing_and_says_the_reason() -> None:
    job = given(TIMEOUT, job=waiting())
    assert (job.status, job.error, job.message, job.retry_at) == (
        Status.FAILED,
        "Video rendering timeout",
        "Video rendering timeout",
        None,
    )


def test_a_render_that_may_still_run_is_settled_after_the_end() -> None:
    assert next_steps(given(TIMEOUT, job=accepted())) == only(StepKind.SETTLE)
    assert next_steps(given(TIMEOUT, job=waiting())) == ()


@pytest.mark.parametrize("name", [name for name in STAGES if name not in WORKING])
def test_what_has_ended_or_not_begun_does_not_fail(name: str) -> None:
    with pytest.raises(IllegalMove, match="JobFailed is not possible"):
        decide(TIMEOUT, STAGES[name])
