"""A clock that is off, on either side of a takeover, neither pays twice nor gives up what is paid."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.fake_provider.books import Books
from adapters.sql.tables import RENDERS
from domain.commands import FailDownload
from domain.machine import Status
from domain.times import time_text
from tests.service.worker.harness import WorkerHarness, a_worker, newest

HOUR = timedelta(hours=1)


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[WorkerHarness]:
    async with a_worker(tmp_path / "DATA") as made:
        made.provider.faults.render_seconds = 300.0
        yield made


async def test_a_clock_that_ran_ahead_at_the_request_and_was_put_right_does_not_pay_twice(
    harness: WorkerHarness,
) -> None:
    """`created_after` lay behind our own create: an empty list."""
    harness.ahead = HOUR
    work = await harness.requested("ahead", fault="lose_answer")
    harness.ahead = timedelta(0)
    await harness.rendering.reconciling.reconcile(work)
    (created,) = harness.provider.books
    assert (newest(work.job), work.job.newest_render.render_id) == ("accepted", created.id)


async def test_a_request_is_as_old_as_the_database_says_whatever_the_clocks_of_workers_say(
    harness: WorkerHarness,
) -> None:
    """After more than an hour the list was empty; by the clocks of two workers that was five minutes: paid twice."""
    work = await harness.requested("old", fault="reset_before")
    hour_ago = time_text(work.now() - timedelta(minutes=70))
    await harness.stores.db.write(lambda connection: connection.execute(sa.update(RENDERS).values(changed_at=hour_ago)))
    await harness.rendering.reconciling.reconcile(work)
    assert work.job.needs_operator


async def test_a_request_is_as_old_as_the_providers_own_clock_says(harness: WorkerHarness) -> None:
    """On one machine whose clock was two hours ahead, a lost create of two hours ago looked ten minutes old."""
    await harness.renderer.check()  # as at the start: from now on it knows the provider's time
    harness.ahead = 2 * HOUR
    work = await harness.requested("once-ahead", fault="lose_answer")
    harness.ahead = timedelta(hours=2, minutes=10)  # the clock was put right, and as much time has passed
    harness.provider.faults.clock_ahead_seconds = harness.ahead.total_seconds()
    harness.provider.books = Books()  # the list does not go back so far
    await harness.rendering.reconciling.reconcile(work)
    assert work.job.needs_operator
    assert "too old for the provider's list" in work.job.message


async def test_one_fast_clock_does_not_reach_into_the_requests_of_others(harness: WorkerHarness) -> None:
    """`recorded_at` never goes back: it carried a clock a day ahead into all later requests, and people were asked."""
    harness.ahead = timedelta(days=1)
    await harness.requested("fast", fault="ok")
    harness.ahead = timedelta(0)
    work = await harness.requested("later", fault="error_before")
    await harness.rendering.reconciling.reconcile(work)
    assert newest(work.job) == "deferred"


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_worker_with_another_clock_takes_over_without_ending_what_runs(
    harness: WorkerHarness, hours: int
) -> None:
    """With a clock an hour ahead a healthy render was over its time limit at once."""
    await harness.requested("running", fault="ok")
    harness.ahead = hours * HOUR
    work = await harness.take("running")
    await harness.rendering.following.follow(work)
    assert (work.job.status, newest(work.job)) == (Status.RENDERING, "accepted")


async def test_a_worker_whose_clock_is_ahead_asks_before_it_gives_a_paid_output_up(harness: WorkerHarness) -> None:
    harness.provider.faults.starting_seconds = harness.provider.faults.render_seconds = 0.0
    harness.provider.faults.rates = {"download": {"missing": 1.0}}
    work = await harness.requested("output", fault="ok")
    await harness.rendering.following.follow(work)
    assert work.job.status is Status.DOWNLOADING
    harness.ahead = 2 * HOUR
    work = await harness.take("output")
    await harness.downloading.download(work)
    assert (work.job.status, work.job.retry_at is not None) == (Status.DOWNLOADING, True)


async def test_an_output_that_has_expired_by_the_providers_clock_is_given_up(harness: WorkerHarness) -> None:
    harness.provider.faults.starting_seconds = harness.provider.faults.render_seconds = 0.0
    work = await harness.requested("expired", fault="ok")
    await harness.rendering.following.follow(work)
    late = work.now() + 2 * HOUR
    job = await harness.repository.execute("expired", FailDownload(reason="Network error: gone", at=late))
    assert job.status is Status.FAILED
