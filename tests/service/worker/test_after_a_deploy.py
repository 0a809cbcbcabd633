"""A render belongs to what it was requested from: other settings neither pay it again nor forget it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.renderers.noop import NoopRenderer
from domain.commands import Cancel
from domain.machine import Status
from service.worker.renderers import RendererAway
from tests.service.worker.harness import WorkerHarness, a_worker, newest

PROFILE = "minimax-video-01"


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[WorkerHarness]:
    async with a_worker(tmp_path / "DATA") as made:
        yield made


DEPLOYS = [{"model": "fake/other"}, {"profile": PROFILE}, {"model": "fake/new", "profile": PROFILE}]


@pytest.mark.parametrize("deploy", DEPLOYS, ids=["model", "profile", "both"])
async def test_a_render_in_doubt_is_looked_for_as_what_it_was(harness: WorkerHarness, deploy: dict[str, str]) -> None:
    """The new process looked for the new input under the new name, found nothing, and paid a second time."""
    work = await harness.requested("in-doubt", fault="lose_answer")
    harness.deploy(**deploy)
    await harness.rendering.reconciling.reconcile(work)
    (created,) = harness.provider.books
    assert (newest(work.job), work.job.newest_render.render_id) == ("accepted", created.id)


async def test_another_account_says_nothing_of_a_render_in_doubt(harness: WorkerHarness) -> None:
    work = await harness.requested("in-doubt", fault="lose_answer")
    harness.deploy(token="another-token")
    with pytest.raises(RendererAway, match=r"^renderer: this render was requested from replicate under another"):
        await harness.rendering.reconciling.reconcile(work)
    harness.policy = replace(harness.policy, listed_seconds=0.0)
    await harness.rendering.reconciling.reconcile(work)
    assert work.job.needs_operator
    assert len([*harness.provider.books]) == 1


async def test_a_request_of_an_earlier_version_is_looked_for_only_under_its_settings(harness: WorkerHarness) -> None:
    """It stored a hash of what it sent, and no input: other settings give another hash."""
    work = await harness.requested("earlier", fault="lose_answer")
    render = work.job.newest_render
    before = replace(
        render, order=replace(render.order, input=None, recall=None, account=None, profile=None, seed=None)
    )
    work.job = replace(work.job, renders=(before,))
    harness.deploy(model="fake/other")
    await harness.rendering.reconciling.reconcile(work)
    assert work.job.needs_operator
    assert "an earlier version requested it under other settings" in work.job.message


async def test_a_paid_render_goes_on_where_new_ones_are_made_here(harness: WorkerHarness) -> None:
    """It was taken for a lost local one: broken every 30 seconds, and the paid output was never fetched."""
    harness.provider.faults.starting_seconds = harness.provider.faults.render_seconds = 0.0
    work = await harness.requested("accepted", fault="ok")
    harness.others = (harness.renderer,)
    harness.renderer = NoopRenderer()
    await harness.rendering.following.follow(work)
    assert (work.job.status, newest(work.job)) == (Status.DOWNLOADING, "succeeded")


@pytest.mark.parametrize("fault", ["ok", "lose_answer"])
async def test_a_cancel_asks_the_provider_where_new_ones_are_made_here(harness: WorkerHarness, fault: str) -> None:
    """It settled at 0 USD without a question, and the paid prediction ran on."""
    harness.provider.faults.render_seconds = 300.0
    work = await harness.requested("cancelled", fault=fault)
    harness.others = (harness.renderer,)
    harness.renderer = NoopRenderer()
    await harness.repository.execute("cancelled", Cancel(by="a tester"))
    await work.reload()
    await harness.settling.settle(work)
    (created,) = harness.provider.report()["creates"]
    assert (created["status"], newest(work.job)) == ("canceled", "settled")


async def test_a_renderer_that_is_not_configured_any_more_is_waited_for_with_its_name(harness: WorkerHarness) -> None:
    work = await harness.requested("accepted", fault="ok")
    harness.renderer = NoopRenderer()
    with pytest.raises(RendererAway, match=r"^renderer: this render was requested from replicate, which is not config"):
        await harness.rendering.following.follow(work)
    open_requests = await harness.stores.renders.open_requests()
    assert list(harness.renderers.missing(open_requests).values()) == [1]


async def test_a_local_render_goes_on_where_new_ones_are_paid(harness: WorkerHarness) -> None:
    """It was polled at the provider: 404."""
    paid, harness.renderer = harness.renderer, NoopRenderer()
    await harness.approve("local")
    work = await harness.take("local")
    await harness.rendering.requesting.request(work)
    harness.others, harness.renderer = (harness.renderer,), paid
    assert work.job.newest_render.order.renderer == "noop"
    assert harness.renderers.of(work.job.newest_render.order).name == "noop"


async def test_the_render_of_another_job_is_not_taken_under_another_token(harness: WorkerHarness) -> None:
    """Both tokens were of one account, so the list had both renders: the older one was taken, and our own was lost."""
    first = await harness.requested("first", fault="ok", image="equal")
    harness.deploy(token="another-token")
    second = await harness.requested("second", fault="lose_answer", image="equal")
    await harness.rendering.reconciling.reconcile(second)
    created = [prediction.id for prediction in harness.provider.books]
    assert [first.job.newest_render.render_id, second.job.newest_render.render_id] == created


async def test_where_only_such_a_render_is_listed_a_person_is_asked(harness: WorkerHarness) -> None:
    await harness.requested("first", fault="ok", image="equal")
    harness.deploy(token="another-token")
    second = await harness.requested("second", fault="reset_before", image="equal")
    await harness.rendering.reconciling.reconcile(second)
    assert second.job.needs_operator
