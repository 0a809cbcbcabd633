"""Nothing is waited for without an end: a render that is not told of ends its job, and settling ends too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.fake_provider.books import Books
from domain.commands import Cancel
from domain.machine import Status
from service.worker import settling
from tests.service.worker.harness import WorkerHarness, a_worker, newest


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[WorkerHarness]:
    async with a_worker(tmp_path / "DATA") as made:
        made.provider.faults.render_seconds = 300.0
        yield made


async def test_a_render_that_the_provider_forgot_ends_its_job_long_after_the_deadline(harness: WorkerHarness) -> None:
    """It was polled for ever: "not shown" was taken for "try again"."""
    work = await harness.requested("forgotten", fault="ok")
    harness.provider.books = Books()
    await harness.rendering.following.follow(work)
    assert work.job.status is Status.RENDERING

    harness.policy = replace(harness.policy, not_found_seconds=-3600.0)
    await harness.rendering.following.follow(work)
    assert work.job.status is Status.FAILED
    assert work.job.error is not None
    assert work.job.error.startswith("Video rendering timeout: The provider does not know it")


async def test_a_forgotten_render_is_settled_as_unknown_and_counted_as_asked(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was accepted, so it may have been paid in full; it was booked at 0."""
    monkeypatch.setattr(settling, "MOST_POLLS", 2)
    monkeypatch.setattr(settling, "POLL_SECONDS", 0.01)
    work = await harness.requested("forgotten", fault="ok")
    harness.provider.books = Books()
    await harness.repository.execute("forgotten", Cancel(by="a tester"))
    await work.reload()
    await harness.settling.settle(work)
    assert newest(work.job) == "settled"
    (*_, last) = await harness.stores.events.history("forgotten")
    assert last.event.outcome == "unknown"  # type: ignore[union-attr]
    assert (last.event.cost, last.event.basis) == (Decimal("0.3"), "asked_duration")  # type: ignore[union-attr]


async def test_a_provider_that_is_away_is_polled_until_its_output_must_be_gone(harness: WorkerHarness) -> None:
    work = await harness.requested("away", fault="ok")
    harness.provider.faults.rates = {"get": {"error": 1.0}, "cancel": {"error": 1.0}}
    await harness.rendering.following.follow(work)
    assert work.job.status is Status.RENDERING

    harness.policy = replace(harness.policy, unreachable_seconds=-3600.0)
    await harness.rendering.following.follow(work)
    assert work.job.status is Status.FAILED
    await harness.settling.settle(work)
    assert newest(work.job) == "settled"
    # It was accepted, and may have been rendered to its end while nobody answered.
    assert [(render.cost, render.basis) for render in work.job.renders] == [(Decimal("0.3"), "asked_duration")]


async def test_a_render_in_doubt_is_settled_as_unknown_when_its_job_is_cancelled(harness: WorkerHarness) -> None:
    """Settling met "nobody can tell" as a bug, and tried every half minute for ever; a retry was refused meanwhile."""
    work = await harness.requested("doubt", fault="error_before")
    harness.policy = replace(harness.policy, listed_seconds=0.0)
    await harness.rendering.reconciling.reconcile(work)
    assert work.job.needs_operator
    await harness.repository.execute("doubt", Cancel(by="a tester"))
    work = await harness.take("doubt")
    await harness.settling.settle(work)
    assert newest(work.job) == "settled"
    assert [(render.cost, render.basis) for render in work.job.renders] == [(0, "not_billed")]  # it was never accepted


async def test_pausing_without_time_still_sees_what_changed(harness: WorkerHarness) -> None:
    """A wait of no length never looked: whoever was told of a cancel while downloading began again at once."""
    await harness.approve("changed")
    work = await harness.take("changed")
    await harness.repository.execute("changed", Cancel(by="a tester"))
    work.notify_changed()
    async with asyncio.timeout(2):
        assert await work.run_unless_changed(asyncio.sleep(10)) is None
    assert work.job.status is Status.CANCELLED
