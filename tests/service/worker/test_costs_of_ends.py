"""What a render cost that ended without a video that we have: as the provider bills it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from domain.commands import Cancel
from domain.cost import Prices
from domain.job import Job, Render
from domain.steps import Step, StepKind
from service.worker import settling
from service.worker.ends import cancelled_cost, cost_of
from service.worker.leased_job import LeasedJob
from tests.domain.scenario import accepted
from tests.service.worker.harness import WorkerHarness, a_worker, until

PRICES = Prices()
UNKNOWN, NOTHING = None, 0.0


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[WorkerHarness]:
    async with a_worker(tmp_path / "DATA") as made:
        yield made


def asked(prices: Prices = PRICES, *, renderer: str = "replicate") -> tuple[Job, Render]:
    """Return a job and its render, which was asked for six seconds."""
    job = accepted()
    render = job.newest_render
    return job, replace(render, prices=prices, order=replace(render.order, renderer=renderer, seconds_sent=6.0))


@pytest.mark.parametrize(
    ("prices", "billed_seconds", "cost", "basis"),
    [
        (PRICES, NOTHING, "0", "not_billed"),
        (PRICES, UNKNOWN, "0.60", "asked_duration"),
        (PRICES, 7.5, "0.750", "provider_metric"),
        (replace(PRICES, unit="run"), UNKNOWN, "0.10", "asked_duration"),
        (replace(PRICES, unit="run"), 1.0, "0.10", "provider_metric"),
    ],
)
def test_an_end_costs_what_the_provider_says_else_what_was_sent(
    prices: Prices, billed_seconds: float | None, cost: str, basis: str
) -> None:
    assert cost_of(*asked(prices), billed_seconds, Prices(per_second=Decimal(9))) == (Decimal(cost), basis)


@pytest.mark.parametrize("billed_seconds", [UNKNOWN, NOTHING, 5.0])
def test_no_end_of_a_render_that_nobody_bills_costs_anything(billed_seconds: float | None) -> None:
    assert cost_of(*asked(renderer="slideshow"), billed_seconds, PRICES) == (0, "not_billed")


@pytest.mark.parametrize(
    ("prices", "ran_seconds", "cost", "basis"),
    [
        (PRICES, NOTHING, "0", "not_billed"),
        (PRICES, 2.5, "0.25", "provider_metric"),
        (PRICES, 400.0, "0.60", "asked_duration"),
        (PRICES, UNKNOWN, "0.60", "asked_duration"),
        (replace(PRICES, unit="predict_second"), 400.0, "40.0", "provider_metric"),
    ],
)
def test_a_cancelled_render_costs_the_time_that_it_ran_and_never_more_than_its_video(
    prices: Prices, ran_seconds: float | None, cost: str, basis: str
) -> None:
    """It was booked at 0, and the provider bills the time until the cancel."""
    assert cancelled_cost(*asked(prices), ran_seconds, PRICES) == (Decimal(cost), basis)


async def test_a_success_without_an_output_is_paid(harness: WorkerHarness) -> None:
    """It was booked at 0: what is empty was rendered all the same."""
    harness.provider.faults.rates = {"render": {"no_output": 1.0}}
    work = await harness.requested("empty", fault="ok")
    await until(lambda: harness.rendering.following.follow(work), lambda: work.job.retry_at is not None)
    assert [(render.cost, render.basis) for render in work.job.renders] == [(Decimal("0.3"), "asked_duration")]


async def test_a_failed_render_is_not_billed(harness: WorkerHarness) -> None:
    harness.provider.faults.rates = {"render": {"fail": 1.0}}
    work = await harness.requested("failed", fault="ok")
    await until(lambda: harness.rendering.following.follow(work), lambda: work.job.retry_at is not None)
    assert [(render.cost, render.basis) for render in work.job.renders] == [(0, "not_billed")]


async def test_a_render_that_is_cancelled_while_it_runs_is_booked_with_the_time_that_it_ran(
    harness: WorkerHarness,
) -> None:
    harness.provider.faults.render_seconds = 300.0
    work = await harness.requested("cancelled", fault="ok")
    await harness.repository.execute("cancelled", Cancel(by="a tester"))
    await work.reload()
    await harness.settling.settle(work)
    (render,) = work.job.renders
    assert render.basis == "provider_metric"
    assert render.cost is not None
    assert 0 < render.cost < Decimal("0.3")


async def test_a_cancel_that_is_never_confirmed_may_be_paid_to_the_end(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "MOST_POLLS", 2)
    monkeypatch.setattr(settling, "POLL_SECONDS", 0.01)
    harness.provider.faults.render_seconds = 300.0
    harness.provider.faults.rates = {"cancel": {"error": 1.0}}
    work = await harness.requested("stubborn", fault="ok")
    await harness.repository.execute("stubborn", Cancel(by="a tester"))
    await work.reload()
    monkeypatch.setattr(harness.renderer, "cancel", _heard)
    await harness.settling.settle(work)
    assert [(render.cost, render.basis) for render in work.job.renders] == [(Decimal("0.3"), "asked_duration")]


async def _heard(render_id: str) -> None:
    """Take the cancel, as a provider that acts on it later."""


async def test_a_settlement_that_breaks_to_the_end_counts_an_accepted_render_as_asked(harness: WorkerHarness) -> None:
    harness.provider.faults.render_seconds = 300.0
    work = await harness.requested("breaking", fault="ok")
    await harness.repository.execute("breaking", Cancel(by="a tester"))
    await work.reload()
    _end_of_deadline(work)
    errors = harness.step_loop._unexpected_errors
    await errors.handle(work, Step(kind=StepKind.SETTLE), RuntimeError("a bug of ours"))
    assert [(render.cost, render.basis) for render in work.job.renders] == [(Decimal("0.3"), "asked_duration")]


def _end_of_deadline(work: LeasedJob) -> None:
    work._ends[work.job.newest_render.deadline] = 0.0
