"""A create whose answer is unknown is never sent again while there is a doubt, whatever clocks and lists do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.commands import AcceptRender, Cancel
from domain.errors import Unavailable
from domain.events import RenderSettled
from service.worker.render_requests import render_request_of
from service.worker.searching import LOOKING
from tests.service.log_readers.announcing import until
from tests.service.worker.harness import WorkerHarness, a_worker, newest


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[WorkerHarness]:
    async with a_worker(tmp_path / "DATA") as made:
        yield made


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_provider_whose_clock_is_an_hour_off_is_not_paid_twice(harness: WorkerHarness, hours: int) -> None:
    """With our clock an hour ahead of theirs `created_after` lay in their future: an empty list, a second create."""
    harness.provider.faults.clock_ahead_seconds = hours * 3600.0
    work = await harness.requested("skewed", fault="lose_answer")
    await harness.rendering.reconciling.reconcile(work)
    (created,) = harness.provider.books
    assert work.job.render is not None
    assert (newest(work.job), work.job.render.render_id) == ("accepted", created.id)


async def test_an_output_does_not_expire_by_a_clock_that_is_behind(harness: WorkerHarness) -> None:
    """Their time was taken for ours: a fresh output looked expired, so that a retry would have rendered again."""
    harness.provider.faults.clock_ahead_seconds = -7200.0
    harness.provider.faults.starting_seconds = harness.provider.faults.render_seconds = 0.0
    work = await harness.requested("behind", fault="lose_answer")
    await harness.rendering.reconciling.reconcile(work)
    await harness.rendering.following.follow(work)
    assert work.job.expires_at is not None
    assert timedelta(minutes=55) < work.job.expires_at - work.now() < timedelta(minutes=65)


async def test_a_clock_that_was_set_back_leaves_the_age_of_a_request_in_doubt(harness: WorkerHarness) -> None:
    """Set back by two hours, a request of yesterday looks young enough for the list to be believed."""
    work = await harness.requested("set-back", fault="error_before")
    harness.ahead = timedelta(hours=-2)
    await harness.rendering.reconciling.reconcile(work)
    assert work.job.needs_operator
    assert not harness.provider.books


async def test_a_request_that_is_too_old_for_the_list_asks_for_a_person(harness: WorkerHarness) -> None:
    work = await harness.requested("old", fault="error_before")
    harness.policy = replace(harness.policy, listed_seconds=0.0)
    await harness.rendering.reconciling.reconcile(work)
    assert work.job.needs_operator
    assert "too old for the provider's list" in work.job.message


async def test_a_list_that_does_not_answer_for_an_hour_asks_for_a_person(harness: WorkerHarness) -> None:
    work = await harness.requested("silent", fault="error_before")
    harness.provider.faults.rates = {"list": {"error": 1.0}}
    with pytest.raises(Unavailable):
        await harness.rendering.reconciling.reconcile(work)
    harness.policy = replace(harness.policy, listed_seconds=0.0)
    await harness.rendering.reconciling.reconcile(work)
    assert work.job.needs_operator
    assert "did not answer in time" in work.job.message


async def test_an_old_render_that_the_list_still_shows_is_adopted(harness: WorkerHarness) -> None:
    work = await harness.requested("old-found", fault="lose_answer")
    harness.policy = replace(harness.policy, listed_seconds=0.0)
    await harness.rendering.reconciling.reconcile(work)
    assert newest(work.job) == "accepted"


async def test_removed_data_of_renders_that_are_ours_leaves_the_list_able_to_tell(harness: WorkerHarness) -> None:
    """One own render whose input was removed blinded the list for every other job of that hour."""
    first = await harness.requested("first", fault="ok")
    assert newest(first.job) == "accepted"
    (created,) = harness.provider.books
    harness.provider.books.remove_data(created.id)
    second = await harness.requested("second", fault="error_before")
    await harness.rendering.reconciling.reconcile(second)
    assert newest(second.job) == "deferred"


async def test_removed_data_of_a_stranger_asks_for_a_person(harness: WorkerHarness) -> None:
    stranger = await harness.requested("stranger", fault="lose_answer")
    (created,) = harness.provider.books
    harness.provider.books.remove_data(created.id)
    await harness.rendering.reconciling.reconcile(stranger)
    assert stranger.job.needs_operator
    assert created.id in stranger.job.message


async def test_every_request_of_a_token_counts_its_own_age(harness: WorkerHarness) -> None:
    """The time of the first request was kept: after an hour of throttling, a lost answer was too old to look for."""
    work = await harness.requested("throttled", fault="throttle")
    assert work.job.render is not None
    first = await harness.stores.renders.requested_at(work.job.render.token)
    harness.provider.faults.script = {"create": ["lose_answer"]}
    work = await harness.take("throttled")  # once it is due: after the second that the provider asked for
    await harness.rendering.requesting.request(work)
    assert await harness.stores.renders.requested_at(work.job.render.token) > first + timedelta(seconds=1)


async def test_a_cancel_ends_the_search_at_once(harness: WorkerHarness) -> None:
    work = await harness.requested("cancelled", fault="error_before")
    harness.policy = replace(harness.policy, settle_seconds=30.0)
    searching = asyncio.create_task(harness.rendering.reconciling.reconcile(work))

    async def is_looking() -> bool:
        return await harness.stores.jobs.waiting_for("cancelled") == LOOKING

    await until(is_looking)
    await harness.repository.execute("cancelled", Cancel(by="a tester"))
    work.notify_changed()
    async with asyncio.timeout(20):
        await searching
    assert work.job.is_final


async def test_a_twin_waits_until_the_other_ones_create_is_settled(harness: WorkerHarness) -> None:
    await harness.requested("one", fault="lose_answer", image="same")
    with pytest.raises(Unavailable, match="another create: the same input of job one is still unresolved"):
        await harness.requested("two", fault="ok", image="same")
    assert len(harness.provider.books) == 1


async def test_an_answer_that_comes_after_its_render_was_adopted_changes_nothing(harness: WorkerHarness) -> None:
    work = await harness.requested("late", fault="lose_answer")
    (created,) = harness.provider.books
    assert work.job.render is not None
    await harness.repository.execute("late", AcceptRender(token=work.job.render.token, render_id=created.id))
    await work.reload()
    await harness.rendering.requesting.accept(work, work.job.newest_render, created.id)
    assert (await harness.types("late")).count("RenderAccepted") == 1


async def test_an_answer_that_names_another_render_ends_that_one(harness: WorkerHarness) -> None:
    """A worker that slept through its lease posts after its successor did: what it created is cancelled again."""
    harness.provider.faults.render_seconds = 300.0
    work = await harness.requested("double", fault="ok")
    assert work.job.render is not None
    request = render_request_of(work.job, work.job.render.token, work.job.render.deadline)
    other = await harness.renderer.submit(request, work.job.newest_render.order)
    await harness.rendering.requesting.accept(work, work.job.newest_render, other)
    (kept, ended) = harness.provider.report()["creates"]
    assert (kept["status"], ended["status"]) == ("processing", "canceled")
    assert work.job.render.render_id == kept["id"]


async def test_an_answer_that_comes_after_a_cancel_is_settled_with_what_it_cost(harness: WorkerHarness) -> None:
    """It was written down as cancelled for nothing, without a look at how the render had ended and what it cost."""
    harness.provider.faults.render_seconds = 0.0
    work = await harness.requested("too-late", fault="lose_answer")
    (created,) = harness.provider.books
    assert work.job.render is not None
    await harness.repository.execute("too-late", Cancel(by="a tester"))
    await harness.rendering.requesting.accept(work, work.job.newest_render, created.id)
    await harness.settling.settle(work)
    (*_, last) = await harness.stores.events.history("too-late")
    assert isinstance(last.event, RenderSettled)
    assert (last.event.render_id, last.event.outcome) == (created.id, "succeeded")
    assert last.event.cost > 0


async def test_a_database_that_is_too_slow_for_the_lease_puts_the_create_off(harness: WorkerHarness) -> None:
    """The lease was confirmed again and again for ever, without a word, on a machine that was busy."""
    harness.policy = replace(harness.policy, lease_seconds=0.0)
    work = await harness.requested("slow", fault="ok")
    assert newest(work.job) == "deferred"
    assert "too slow to hold a lease" in work.job.message
    assert not harness.provider.books
