"""Approving a job."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.job import Job
from domain.machine import Status
from domain.storyboard import OutputWishes
from tests.domain.scenario import NEW, SCENES, STAGES, approve, given, refuse, refused

EXISTING = {name: job for name, job in STAGES.items() if name not in {"new", "refused"}}


def test_a_new_job_is_approved() -> None:
    assert decide(approve(), NEW) == (
        e.StoryboardApproved(
            storyboard=SCENES,
            output=OutputWishes(),
            storyboard_hash="hash-1",
            estimated_cost=approve().estimated_cost,
        ),
    )


def test_an_approved_job_knows_what_to_render() -> None:
    job = given(approve())
    assert (job.status, job.storyboard, job.storyboard_hash) == (Status.APPROVED, SCENES, "hash-1")


@pytest.mark.parametrize("job", EXISTING.values(), ids=EXISTING)
def test_the_same_storyboard_again_changes_nothing_wherever_the_job_stands(job: Job) -> None:
    assert decide(approve(), job) == ()


def test_another_estimate_for_the_same_storyboard_changes_nothing() -> None:
    assert decide(approve(estimated_cost=None), given(approve())) == ()


@pytest.mark.parametrize("job", EXISTING.values(), ids=EXISTING)
def test_another_storyboard_is_an_illegal_move_wherever_the_job_stands(job: Job) -> None:
    with pytest.raises(IllegalMove, match="StoryboardApproved is not possible"):
        decide(approve("hash-2"), job)


def test_a_refused_job_may_be_approved_later_and_starts_anew() -> None:
    job = given(approve(), job=refused())
    assert (job.status, job.version, job.error, job.stage) == (Status.APPROVED, 2, None, None)


def test_what_was_refused_leaves_no_trace_in_the_approved_job_but_its_hash() -> None:
    fresh = replace(given(approve()), version=2, received_hash="bytes-1")
    assert given(refuse(), approve()) == fresh


def test_a_job_that_was_refused_and_then_approved_ignores_the_same_approval() -> None:
    assert decide(approve(), given(refuse(), approve())) == ()
