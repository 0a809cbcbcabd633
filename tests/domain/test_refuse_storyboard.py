"""Refusing an approval that can be read but not rendered."""

from __future__ import annotations

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.job import Job
from domain.machine import Status
from tests.domain.scenario import NEW, STAGES, approve, given, refuse, refused

OTHERS = {name: job for name, job in STAGES.items() if name != "new"}


def test_a_new_job_is_refused_at_once() -> None:
    assert decide(refuse(), NEW) == (
        e.StoryboardRefused(reason="Scene 2 is missing image", received='{"job_id": "job-1"}', received_hash="bytes-1"),
    )


def test_a_refused_job_has_failed_with_the_reason() -> None:
    job = refused()
    assert (job.status, job.error, job.message, job.version) == (
        Status.FAILED,
        "Scene 2 is missing image",
        "Scene 2 is missing image",
        1,
    )


def test_the_same_message_again_changes_nothing() -> None:
    assert decide(refuse(), refused()) == ()


def test_the_refused_message_again_after_a_good_one_changes_nothing() -> None:
    """A stream that is read anew brings both: the first was reported as rejected although it had been answered."""
    assert decide(refuse(), given(refuse(), approve())) == ()


@pytest.mark.parametrize("job", OTHERS.values(), ids=OTHERS)
def test_another_bad_message_for_a_job_that_exists_is_an_illegal_move(job: Job) -> None:
    with pytest.raises(IllegalMove, match="StoryboardRefused is not possible"):
        decide(refuse("bytes-2"), job)
