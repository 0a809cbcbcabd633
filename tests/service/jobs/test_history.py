"""A job as its events tell it, as it is and as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.commands import Cancel
from domain.decide import decide
from domain.evolve import evolve
from domain.job import Job
from domain.machine import Status
from service.jobs.history import JobHistory, read_history
from tests.domain import scenario
from tests.service.log_readers.announcing import MemoryStore

BEGAN = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def history() -> JobHistory:
    """Approved at 18:00, requested at 18:01, cancelled at 18:02."""
    store, job = MemoryStore(), Job(job_id="job-1")
    for number, command in enumerate((scenario.approve(), scenario.request(), Cancel(by="ada"))):
        (event,) = decide(command, job)
        job = evolve(job, event)
        store.record("job-1", event, at=BEGAN + number * MINUTE)
    read = await read_history(store, "job-1")
    assert read is not None
    return read


async def test_a_job_without_events_has_no_history() -> None:
    assert await read_history(MemoryStore(), "job-1") is None


def test_the_newest_state_has_the_times_of_the_first_and_the_last_event(history: JobHistory) -> None:
    assert history.job.status is Status.CANCELLED
    assert (history.summary.created_at, history.summary.updated_at) == (BEGAN, BEGAN + 2 * MINUTE)
    assert (history.view.status, history.view.version) == ("cancelled", 3)
    assert [view.type for view in history.event_views] == ["StoryboardApproved", "RenderRequested", "JobCancelled"]


def test_the_job_is_shown_as_it_was_after_each_version(history: JobHistory) -> None:
    states = [shown.job.status for n in (1, 2, 3) if (shown := history.upto_version(n))]
    assert states == [Status.APPROVED, Status.RENDERING, Status.CANCELLED]
    assert history.upto_version(3) is history


@pytest.mark.parametrize("version", [0, 4])
def test_a_version_that_it_never_had_is_none(history: JobHistory, version: int) -> None:
    assert history.upto_version(version) is None


def test_the_job_is_shown_as_it_was_at_a_moment(history: JobHistory) -> None:
    then = history.upto_moment(BEGAN + MINUTE)
    assert then is not None
    assert (then.job.status, then.summary.updated_at) == (Status.RENDERING, BEGAN + MINUTE)
    assert history.upto_moment(BEGAN + timedelta(days=1)) is history
    assert history.upto_moment(BEGAN - MINUTE) is None


def test_the_reason_of_its_worker_counts_now_but_not_before(history: JobHistory) -> None:
    waiting = replace(history, waiting_for="an equal render of job-2")
    assert waiting.view.waiting_for == waiting.summary.waiting_for == "an equal render of job-2"
    before = waiting.upto_version(1)
    assert before is not None
    assert before.view.waiting_for == "waits for a free worker"
