"""A person who found the render of a job says so: the provider is asked first, then the job continues with it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain.commands import Command
from domain.errors import IllegalMove
from domain.events import JobCancelled, RenderAccepted, RenderResolved
from domain.machine import Status
from domain.rendering import RenderOrder
from service.jobs import operations as limits
from service.jobs.operations import LONGEST_NAME, JobOperations
from service.jobs.render_lookup import ProviderUnavailable, RenderNotFound, read_render_id
from tests.domain import scenario
from tests.service.jobs.known_renders import KnownRenders
from tests.service.jobs.test_operations import NOW, PRICES, VersionedStore, new_repository

UNRESOLVED = (scenario.approve(), scenario.request(), scenario.leave())


async def operations_after(*commands: Command) -> tuple[JobOperations, VersionedStore, KnownRenders]:
    store, renders = VersionedStore(), KnownRenders("render-7")
    repository = new_repository(store)
    for command in commands:
        await repository.execute("job-1", command)
    operations = JobOperations(repository, prices=lambda: PRICES, now=lambda: NOW, download_seconds=60, lookup=renders)
    return operations, store, renders


async def test_the_render_that_a_person_found_is_followed_from_now_on() -> None:
    operations, store, renders = await operations_after(*UNRESOLVED)
    job = await operations.retry("job-1", by="ada", render_id="render-7")
    assert not job.needs_operator
    assert renders.asked == [("render-7", "replicate")]
    assert [recorded.event for recorded in store.events[-2:]] == [
        RenderResolved(token="token-1", outcome="adopted", by="ada", render_id="render-7"),
        RenderAccepted(attempt=1, render_id="render-7"),
    ]


async def test_the_same_again_changes_nothing_and_asks_nobody() -> None:
    operations, store, renders = await operations_after(*UNRESOLVED)
    job = await operations.retry("job-1", by="ada", render_id="render-7")
    assert await operations.retry("job-1", by="ada", render_id="render-7") == job
    assert len(store.events) == 5
    assert len(renders.asked) == 1


async def test_a_render_that_the_provider_does_not_know_changes_nothing() -> None:
    operations, store, _ = await operations_after(*UNRESOLVED)
    with pytest.raises(RenderNotFound, match="replicate does not know a render render-8: copy the id from its page"):
        await operations.retry("job-1", by="ada", render_id="render-8")
    assert len(store.events) == 3


async def test_a_provider_that_is_away_changes_nothing() -> None:
    operations, store, renders = await operations_after(*UNRESOLVED)
    renders.away = "renderer: replicate is not configured any more"
    with pytest.raises(ProviderUnavailable, match="not configured any more"):
        await operations.retry("job-1", by="ada", render_id="render-7")
    assert len(store.events) == 3


async def test_a_provider_that_does_not_answer_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    operations, store, renders = await operations_after(*UNRESOLVED)

    async def never(render_id: str, order: RenderOrder) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(renders, "look", never)
    monkeypatch.setattr(limits, "LOOK_SECONDS", 0.01)
    with pytest.raises(ProviderUnavailable, match="did not answer within"):
        await operations.retry("job-1", by="ada", render_id="render-7")
    assert len(store.events) == 3


async def test_where_no_provider_can_be_asked_no_render_is_taken() -> None:
    _, store, _ = await operations_after(*UNRESOLVED)
    operations = JobOperations(new_repository(store), prices=lambda: PRICES, now=lambda: NOW, download_seconds=60)
    with pytest.raises(ProviderUnavailable):
        await operations.retry("job-1", by="ada", render_id="render-7")


@pytest.mark.parametrize("more", [{"render_id": "render-7"}, {"scene": 1}])
async def test_a_job_that_needs_nobody_takes_no_render_and_no_scene(more: dict[str, object]) -> None:
    """The scene of a failed job would be dropped without a word, and all of it rendered again."""
    operations, store, renders = await operations_after(scenario.approve(), scenario.TIMEOUT)
    with pytest.raises(IllegalMove, match="no render of job job-1 needs a person: it is failed"):
        await operations.retry("job-1", by="ada", **more)
    assert len(store.events) == 2
    assert renders.asked == []


async def test_a_render_of_an_earlier_attempt_is_not_taken_for_another() -> None:
    earlier = (scenario.request(), scenario.accept(render_id="render-7"), scenario.fail())
    operations, store, _ = await operations_after(
        scenario.approve(), *earlier, scenario.request("token-2"), scenario.leave("token-2")
    )
    before = len(store.events)
    with pytest.raises(IllegalMove, match="the render render-7 already belongs to attempt 1 of this job"):
        await operations.retry("job-1", by="ada", render_id="render-7")
    assert len(store.events) == before


async def test_a_person_who_says_which_scene_is_heard_and_a_wrong_one_is_refused() -> None:
    operations, store, _ = await operations_after(*UNRESOLVED)
    with pytest.raises(IllegalMove, match="no render of scene 2 needs a person"):
        await operations.retry("job-1", by="ada", render_id="render-7", scene=2)
    with pytest.raises(IllegalMove, match="no render of scene 2 needs a person"):
        await operations.retry("job-1", by="ada", scene=2)
    assert len(store.events) == 3


async def test_there_is_none_lets_the_job_ask_again_and_asks_nobody_here() -> None:
    operations, store, renders = await operations_after(*UNRESOLVED)
    await operations.retry("job-1", by="ada")
    assert store.events[-1].event == RenderResolved(token="token-1", outcome="not_created", by="ada")
    assert renders.asked == []


async def test_a_cancel_gives_the_render_up_and_ends_the_job() -> None:
    operations, store, _ = await operations_after(*UNRESOLVED)
    job = await operations.cancel("job-1", by="ada")
    assert job.status is Status.CANCELLED
    assert [recorded.event for recorded in store.events[-2:]] == [
        RenderResolved(token="token-1", outcome="given_up", by="ada"),
        JobCancelled(by="ada"),
    ]


async def test_a_long_name_is_cut() -> None:
    operations, store, _ = await operations_after(*UNRESOLVED)
    await operations.retry("job-1", by="a" * 1000, render_id="render-7")
    assert store.events[-2].event.by == "a" * LONGEST_NAME


@pytest.mark.parametrize("text", ["", " ", "-", "https://provider.example/p/abc", "a b", "a/b", "a" * 129, "é", "a\0"])
def test_what_no_provider_calls_a_render_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="copy the id alone"):
        read_render_id(text)


def test_spaces_around_a_copied_id_do_not_count() -> None:
    assert read_render_id(" a1-b_2\n") == "a1-b_2"


FAILED_DOWNLOAD = (
    scenario.approve(),
    scenario.request(),
    scenario.accept(render_id="render-7"),
    scenario.succeed(expires_at=NOW - timedelta(minutes=1)),
    scenario.fail_download(at=scenario.UNTIL),
)


async def test_an_output_that_has_expired_by_our_clock_alone_is_downloaded_by_a_retry() -> None:
    """With a clock that ran ahead a person's retry paid for another render of a film that was there."""
    operations, _, renders = await operations_after(*FAILED_DOWNLOAD)
    renders.expires_at = NOW + timedelta(minutes=50)
    job = await operations.retry("job-1", by="ada")
    assert (job.status, job.expires_at) == (Status.DOWNLOADING, renders.expires_at)
    assert renders.asked == [("render-7", "replicate")]


@pytest.mark.parametrize("away", ["the provider does not answer", None])
async def test_an_output_of_which_nobody_tells_is_rendered_again_by_a_retry(away: str | None) -> None:
    operations, _, renders = await operations_after(*FAILED_DOWNLOAD)
    renders.away = away
    assert (await operations.retry("job-1", by="ada")).status is Status.APPROVED
