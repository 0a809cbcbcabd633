"""`retry --render-id` asks a real provider's API, without a service, and adopts what is found there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from domain import commands as c
from tests.service.cli.calling import Caller, ForkServer
from tests.service.cli.stories import approve, request, write, write_unresolved
from tests.system.paid_once.provider import MODEL, Provider


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with Provider(tmp_path) as provider:
        yield provider


@pytest.fixture
def lost(tmp_path: Path, fork_server: ForkServer, provider: Provider) -> Iterator[Caller]:
    """Calls verbs where a job needs a person, with the settings of the provider."""
    asyncio.run(write_unresolved(tmp_path / "DATA"))
    with closing(Caller(tmp_path / "DATA", fork_server, **provider.settings)) as call:
        yield call


def create(provider: Provider, *, token: str = "a-token-for-tests") -> str:
    """Create a render as a program on that account does, and return its id."""
    base_url = provider.settings["REELWRIGHT_REPLICATE_BASE_URL"]
    images = ["https://images.example/lost/1.png"]
    answer = httpx.post(
        f"{base_url}/models/{MODEL}/predictions",
        json={"input": {"image_urls": images}},
        headers={"Authorization": f"Bearer {token}"},
    )
    return str(answer.raise_for_status().json()["id"])


def events(call: Caller) -> list[str]:
    return [event["type"] for event in call("show", "lost", "--json").json["events"]]


def test_the_render_that_was_found_is_adopted_without_a_service(lost: Caller, provider: Provider) -> None:
    render_id = create(provider)
    answer = lost("retry", "lost", "--render-id", render_id, "--by", "ana", "--json")
    assert (answer.code, answer.json) == (0, {"job_id": "lost", "ok": True, "status": "rendering"})
    resolved, accepted = lost("show", "lost", "--json").json["events"][-2:]
    assert (resolved["type"], resolved["data"]["outcome"], resolved["data"]["by"]) == (
        "RenderResolved",
        "adopted",
        "ana",
    )
    assert (accepted["type"], accepted["data"]["render_id"]) == ("RenderAccepted", render_id)
    assert lost("retry", "lost", "--render-id", render_id).code == 0
    assert len(events(lost)) == 5


def test_an_id_that_the_provider_does_not_know_exits_5_with_the_next_step(lost: Caller) -> None:
    answer = lost("retry", "lost", "--render-id", "nobody")
    assert answer.code == 5
    assert "does not know a render nobody" in answer.problem["why"]
    assert "--render-id" in answer.problem["next"]
    assert events(lost)[-1] == "RenderUnresolved"


def test_the_render_of_another_job_exits_6_and_names_that_job(lost: Caller, provider: Provider) -> None:
    render_id = create(provider)
    assert lost("retry", "lost", "--render-id", render_id).code == 0
    unresolved = c.LeaveUnresolved(token="second-1", reason="the list does not answer")
    asyncio.run(write(lost.data_dir, {"second": [approve(), request("second-1"), unresolved]}))
    answer = lost("retry", "second", "--render-id", render_id)
    assert answer.code == 6
    assert answer.problem["why"] == f"the render {render_id} already belongs to job lost"


def test_a_provider_that_is_away_exits_4_and_changes_nothing(lost: Caller, provider: Provider) -> None:
    provider.stop()
    answer = lost("retry", "lost", "--render-id", "found")
    assert answer.code == 4
    assert "nothing was changed" in answer.problem["next"]
    assert events(lost)[-1] == "RenderUnresolved"


def test_a_renderer_that_is_not_configured_any_more_is_named(lost: Caller) -> None:
    answer = lost("retry", "lost", "--render-id", "found", REELWRIGHT_RENDERER="slideshow", REPLICATE_API_TOKEN="")
    assert answer.code == 4
    assert "requested from replicate, which is not configured any more" in answer.problem["why"]


@pytest.mark.parametrize("arguments", [("--render-id", ""), ("--render-id", "https://a.example/p/x"), ("--scene", "0")])
def test_what_is_no_id_and_no_scene_is_a_wrong_call(lost: Caller, arguments: tuple[str, ...]) -> None:
    assert lost("retry", "lost", *arguments).code == 2
    assert events(lost)[-1] == "RenderUnresolved"


def test_a_scene_that_needs_nobody_exits_6(lost: Caller) -> None:
    answer = lost("retry", "lost", "--scene", "2")
    assert answer.code == 6
    assert "no render of scene 2 needs a person" in answer.problem["why"]


def test_there_is_none_and_a_cancel_ask_no_provider(lost: Caller, provider: Provider) -> None:
    provider.stop()
    assert lost("retry", "lost").code == 0
    assert lost("show", "lost", "--json").json["events"][-1]["data"]["outcome"] == "not_created"
    assert lost("cancel", "theirs").code == 0


def test_a_cancel_gives_the_render_up(lost: Caller) -> None:
    assert lost("cancel", "lost").out == "Job lost is cancelled.\n"
    assert events(lost)[-2:] == ["RenderResolved", "JobCancelled"]


def test_jobs_that_wait_are_listed_by_what_they_wait_for(lost: Caller) -> None:
    for arguments in (("--waiting", "needs_operator"), ("--waiting", "needs"), ("--waiting",)):
        listed = lost("jobs", "--json", *arguments).json["jobs"]
        assert [job["job_id"] for job in listed] == ["lost"]
    assert "needs_operator" in lost("jobs", "--waiting").out
    assert lost("jobs", "--waiting", "renderer:").err == "No job waits for renderer:.\n"
    lost("cancel", "lost")
    assert lost("jobs", "--waiting", "needs_operator", "--json").json == {"jobs": [], "next": None}


def test_a_shown_job_says_what_was_requested_and_what_to_type(lost: Caller) -> None:
    out = lost("show", "lost").out
    for part in (
        "Needs you",
        "2026-11-22 12:00:00 UTC",
        "replicate, owner/film",
        "4711",
        "A boat leaves the harbour",
        f"SHA-256 {'cd' * 32}",
        "reelwright retry lost --render-id ID",
        "reelwright cancel lost",
    ):
        assert part in out
    assert "Needs you" not in lost("show", "theirs").out
