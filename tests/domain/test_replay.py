"""A job is the fold of its history."""

from __future__ import annotations

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.evolve import evolve, replay
from domain.job import Job
from domain.machine import Status
from tests.domain.scenario import NEW, accept, approve, request

APPROVED = decide(approve(), NEW)


def test_of_no_events_a_job_is_new() -> None:
    assert replay("job-1", []) == NEW
    assert (NEW.status, NEW.version, NEW.message) == (Status.NEW, 0, "")


def test_each_event_counts_one_version_and_is_remembered_as_the_last() -> None:
    job = replay("job-1", APPROVED)
    assert (job.version, job.last_event, job.status) == (1, "StoryboardApproved", Status.APPROVED)


def test_two_folds_of_one_history_are_equal() -> None:
    requested = decide(request(), replay("job-1", APPROVED))
    history = [*APPROVED, *requested, *decide(accept(), replay("job-1", [*APPROVED, *requested]))]
    assert replay("job-1", history) == replay("job-1", tuple(history))


def test_a_fold_leaves_the_job_before_as_it_was() -> None:
    before = Job(job_id="job-1")
    evolve(before, APPROVED[0])
    assert before == NEW


def test_a_history_with_an_illegal_event_is_not_folded() -> None:
    with pytest.raises(IllegalMove, match=r"^RenderAccepted is not possible while a job is approved$"):
        replay("job-1", [*APPROVED, e.RenderAccepted(attempt=1, render_id="r")])


def test_a_resolution_of_a_render_that_never_was_is_an_illegal_move() -> None:
    """It escaped as a StopIteration, which an async caller sees as a RuntimeError without a name."""
    history = [*APPROVED, *decide(request(), replay("job-1", APPROVED))]
    with pytest.raises(IllegalMove, match="no render of this job has the token other"):
        replay("job-1", [*history, e.RenderResolved(token="other", outcome="adopted", by="ada")])


def test_something_that_is_no_event_is_a_bug() -> None:
    with pytest.raises(IllegalMove, match=r"^object is not possible while a job is new$"):
        evolve(NEW, object())  # type: ignore[arg-type]
