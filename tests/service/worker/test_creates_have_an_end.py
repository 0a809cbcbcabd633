"""A create is not sent without end: after three looks in vain, or with another job's id, a person is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.fake_provider.books import Books
from domain.commands import FailJob, Retry
from domain.errors import Unavailable
from domain.machine import Status
from service.worker.leased_job import LeasedJob
from tests.service.worker.harness import WorkerHarness, a_worker, newest


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[WorkerHarness]:
    async with a_worker(tmp_path / "DATA") as made:
        yield made


async def driven(harness: WorkerHarness, job_id: str) -> LeasedJob:
    """Work on the job, lease after lease, until it has ended or needs a person."""
    while True:
        work = await harness.take(job_id)
        await harness.step_loop.run(work)
        await harness.stores.leases.release([work.lease])
        if work.job.is_final or work.job.needs_operator:
            return work


async def test_after_three_conclusions_that_nothing_was_created_a_person_is_asked(harness: WorkerHarness) -> None:
    """Every create answered 500 and the list lagged: one job paid ten times in 28 seconds, `attempts` 1, cost 0."""
    harness.provider.faults.list_lag_seconds = 3600.0
    harness.provider.faults.rates = {"create": {"error_after": 1.0}}
    await harness.approve("again")
    work = await driven(harness, "again")
    assert work.job.needs_operator
    assert "it was sent 3 times" in work.job.message
    assert len([*harness.provider.books]) == 3


async def test_a_permanent_fault_for_one_input_ends_with_a_person(harness: WorkerHarness) -> None:
    harness.provider.faults.rates = {"create": {"error_before": 1.0}}
    await harness.approve("hopeless")
    work = await driven(harness, "hopeless")
    assert work.job.needs_operator
    assert (await harness.types("hopeless")).count("RenderRequested") == 3


async def test_the_time_limit_of_an_attempt_ends_its_creates(harness: WorkerHarness) -> None:
    """Each create moved the deadline, so that no attempt ever ended."""
    harness.policy = replace(harness.policy, timeout_seconds=0.05)
    harness.provider.faults.rates = {"create": {"error_before": 1.0}}
    await harness.approve("late")
    work = await driven(harness, "late")
    assert (work.job.status, work.job.error) == (Status.FAILED, "Video rendering timeout")
    assert (await harness.types("late")).count("RenderRequested") == 1


async def test_an_answer_that_names_another_jobs_render_asks_for_a_person(harness: WorkerHarness) -> None:
    """A gateway that answers equal inputs with one id made the second job create for ever."""
    first = await harness.requested("first", fault="ok")
    await harness.approve("second")
    work = await harness.take("second")
    taken = first.job.newest_render.render_id
    assert taken is not None

    async def same(_request: object, _order: object) -> str:
        return taken

    harness.renderer.submit = same  # type: ignore[method-assign]
    await harness.rendering.requesting.request(work)
    assert work.job.needs_operator
    assert f"the render {taken} already belongs to job first" in work.job.message


async def test_a_render_that_shows_up_before_the_second_create_is_taken(harness: WorkerHarness) -> None:
    """A person said "there is none" while the list lagged; by now it shows the render, and a second one was paid."""
    harness.provider.faults.list_lag_seconds = 3600.0
    work = await harness.requested("lagging", fault="error_after")
    harness.policy = replace(harness.policy, listed_seconds=0.0)
    await harness.rendering.reconciling.reconcile(work)
    assert work.job.needs_operator

    harness.provider.faults.list_lag_seconds = 0.0
    await harness.repository.execute("lagging", Retry(by="a tester", at=harness.now()))
    work = await harness.take("lagging")
    await harness.rendering.requesting.request(work)
    (created,) = harness.provider.books
    assert (newest(work.job), work.job.newest_render.render_id) == ("accepted", created.id)


async def test_a_render_that_shows_up_before_a_retry_of_its_failed_job_is_taken(harness: WorkerHarness) -> None:
    """A job in `approved` can have no render: it was cancelled at the provider and looked for again, without end."""
    harness.provider.faults.list_lag_seconds = 3600.0
    work = await harness.requested("timed-out", fault="error_after")
    await harness.rendering.reconciling.reconcile(work)
    assert newest(work.job) == "deferred"
    await harness.repository.execute("timed-out", FailJob(reason="Video rendering timeout"))
    await harness.repository.execute("timed-out", Retry(by="a tester", at=harness.now()))

    harness.provider.faults.list_lag_seconds = 0.0
    work = await harness.take("timed-out")
    await harness.rendering.requesting.request(work)
    (created,) = harness.provider.books
    assert (newest(work.job), work.job.newest_render.render_id) == ("accepted", created.id)
    assert created.cancelled_at is None


async def test_a_list_that_does_not_answer_holds_up_the_create_after_a_persons_word(harness: WorkerHarness) -> None:
    work = await harness.requested("silent", fault="error_before")
    harness.policy = replace(harness.policy, listed_seconds=0.0)
    await harness.rendering.reconciling.reconcile(work)
    await harness.repository.execute("silent", Retry(by="a tester", at=harness.now()))
    work = await harness.take("silent")
    harness.provider.faults.rates = {"list": {"error": 1.0}}
    with pytest.raises(Unavailable):
        await harness.rendering.requesting.request(work)
    assert not [*harness.provider.books]


async def test_a_late_success_is_kept_and_a_retry_downloads_it(harness: WorkerHarness) -> None:
    """It was settled, billed and forgotten: a retry rendered, and paid, again."""
    harness.provider.faults.starting_seconds = harness.provider.faults.render_seconds = 0.0
    harness.policy = replace(harness.policy, timeout_seconds=0.0)
    work = await harness.requested("late", fault="ok")
    await harness.repository.execute("late", FailJob(reason="Video rendering timeout"))
    await work.reload()
    await harness.settling.settle(work)
    assert work.job.output_url is not None
    job = await harness.repository.execute("late", Retry(by="a tester", at=harness.now()))
    assert (job.status, len([*harness.provider.books])) == (Status.DOWNLOADING, 1)


async def test_an_answer_is_taken_up_whatever_books_say(harness: WorkerHarness) -> None:
    """A render that was accepted and is never shown again is paid: the job fails, and it is counted as asked."""
    harness.provider.faults.render_seconds = 300.0
    work = await harness.requested("unseen", fault="ok")
    harness.provider.books = Books()
    harness.policy = replace(harness.policy, not_found_seconds=-3600.0)
    await harness.rendering.following.follow(work)
    assert work.job.status is Status.FAILED
    assert (await harness.types("unseen")).count("RenderRequested") == 1
