"""A person who found the render of a job, over HTTP and on the page."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain import commands as c
from domain import events as e
from domain.evolve import evolve
from domain.records import Append, NewEvent
from tests.service.http.harness import problem, requested_at_a_provider

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def types(harness, job_id="a"):
    return [event["type"] for event in (await harness.client.get(f"/api/jobs/{job_id}/events")).json()]


async def test_a_render_that_was_found_is_adopted_and_its_worker_is_told(harness):
    await harness.unresolved()
    answer = await harness.client.post("/api/jobs/a/retry", json={"by": "ada", "render_id": "found"})
    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["waiting_for"]) == ("rendering", None)
    assert (await types(harness))[-2:] == ["RenderResolved", "RenderAccepted"]
    resolved = (await harness.client.get("/api/jobs/a/events")).json()[-2]
    assert resolved["data"] == {"token": "token-a", "outcome": "adopted", "by": "ada", "render_id": "found"}
    assert harness.workers.changed == ["a"]


async def test_the_same_twice_is_one_adoption(harness):
    await harness.unresolved()
    for _ in range(2):
        answer = await harness.client.post("/api/jobs/a/retry", json={"render_id": " found "})
        assert answer.status_code == 202
    assert (await types(harness)).count("RenderAccepted") == 1


async def test_an_id_that_the_provider_does_not_know_is_not_found_and_says_what_to_do(harness):
    await harness.unresolved()
    document = problem(
        await harness.client.post("/api/jobs/a/retry", json={"render_id": "other"}), 404, "render_not_found"
    )
    assert document["job_id"] == "a"
    assert "copy the id from its page" in str(document["detail"])
    assert (await types(harness))[-1] == "RenderUnresolved"


async def test_the_render_of_another_job_is_a_conflict_that_names_it(harness):
    await harness.approve("b")
    await harness.given("b", requested_at_a_provider("theirs"), c.AcceptRender(token="theirs", render_id="found"))
    await harness.unresolved()
    document = problem(await harness.client.post("/api/jobs/a/retry", json={"render_id": "found"}), 409, "illegal_move")
    assert document["detail"] == "the render found already belongs to job b"
    assert (await types(harness))[-1] == "RenderUnresolved"


async def test_a_provider_that_is_away_is_unavailable_and_nothing_is_changed(harness):
    await harness.unresolved()
    harness.renders.away = "renderer: replicate is not configured any more"
    answer = await harness.client.post("/api/jobs/a/retry", json={"render_id": "found"})
    assert "not configured any more" in str(problem(answer, 503, "provider_unavailable")["detail"])
    assert int(answer.headers["retry-after"]) >= 1
    assert (await types(harness))[-1] == "RenderUnresolved"


@pytest.mark.parametrize(
    "body",
    [
        {"render_id": ""},
        {"render_id": "https://provider.example/p/found"},
        {"render_id": 5},
        {"render_id": "x" * 129},
        {"render_id": "found", "scene": 0},
        {"render_id": "found", "scene": "1"},
        {"renderId": "found"},
        {"render_ID": "found"},
    ],
)
async def test_what_cannot_be_an_id_or_a_field_is_refused_and_nothing_is_rendered_again(harness, body):
    """A misspelt `render_id` that is left out means that there is none: it would be paid again."""
    await harness.unresolved()
    problem(await harness.client.post("/api/jobs/a/retry", json=body), 422, "unreadable_order")
    assert (await types(harness))[-1] == "RenderUnresolved"
    assert harness.renders.asked == []


async def test_a_job_that_needs_nobody_is_a_conflict_that_says_why(harness):
    await harness.completed()
    answer = await harness.client.post("/api/jobs/a/retry", json={"render_id": "found"})
    document = problem(answer, 409, "illegal_move")
    assert document["detail"] == "no render of job a needs a person: it is completed"


@pytest.mark.parametrize("body", [None, {}, {"render_id": None, "scene": None}, {"by": "ada"}])
async def test_there_is_none(harness, body):
    await harness.unresolved()
    assert (await harness.client.post("/api/jobs/a/retry", json=body)).status_code == 202
    (resolved,) = (await harness.client.get("/api/jobs/a/events")).json()[-1:]
    assert (resolved["type"], resolved["data"]["outcome"]) == ("RenderResolved", "not_created")


async def test_a_cancel_gives_up(harness):
    await harness.unresolved()
    assert (await harness.client.post("/api/jobs/a/cancel")).json()["status"] == "cancelled"
    assert (await types(harness))[-2:] == ["RenderResolved", "JobCancelled"]


async def post(harness, path, content):
    return await harness.client.post(path, content=content, headers={**FORM, "Origin": harness.url})


async def test_the_form_of_the_page_adopts(harness):
    await harness.unresolved()
    answer = await post(harness, "/jobs/a/retry", "render_id=+found+")
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs/a")
    assert (await types(harness))[-1] == "RenderAccepted"


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        ("render_id=", 422, "The command cannot be read"),
        ("render_id=a/b", 422, "copy the id alone"),
        ("render_id=other", 404, "The provider does not know this render"),
        ("render_id=found&scene=x", 422, "scene"),
        ("render_id=found&scene=3", 409, "no render of scene 3 needs a person"),
    ],
)
async def test_a_form_that_is_refused_renders_nothing_again_and_leads_back(harness, content, status, said):
    await harness.unresolved()
    answer = await post(harness, "/jobs/a/retry", content)
    assert answer.status_code == status
    assert said in answer.text
    assert 'href="/jobs/a"' in answer.text
    assert (await types(harness))[-1] == "RenderUnresolved"


async def scenes_unresolved(harness):
    """Store a job whose scenes 1 and 3 were requested alone, and nobody knows about either."""
    await harness.approve()
    job, made = await harness.repository.load("a"), []
    for scene in (1, 3):
        token = f"token-{scene}"
        for event in (
            e.RenderRequested(
                attempt=1,
                token=token,
                scene=scene,
                renderer="replicate",
                model="owner/film",
                request_hash=token,
                deadline=datetime(2026, 11, 22, 19, 0, tzinfo=UTC),
                image_cost=Decimal(0),
                estimated_cost=Decimal("1.25"),
            ),
            e.RenderUnresolved(attempt=1, scene=scene, token=token, reason="the list does not answer"),
        ):
            job = evolve(job, event)
            made.append(NewEvent(event_id=harness.dependencies.new_id(), event=event))
    await harness.dependencies.store.append(Append(job=job, events=tuple(made)))


async def test_of_several_renders_the_scene_says_which_is_meant(harness):
    await scenes_unresolved(harness)
    for body in ({"render_id": "found"}, {}):
        document = problem(await harness.client.post("/api/jobs/a/retry", json=body), 409, "illegal_move")
        assert str(document["detail"]).endswith("say which scene, one of 1, 3")
    answer = await harness.client.post("/api/jobs/a/retry", json={"render_id": "found", "scene": 3})
    assert answer.json()["waiting_for"] == "needs_operator"
    taken = problem(await harness.client.post("/api/jobs/a/retry", json={"render_id": "found"}), 409, "illegal_move")
    assert taken["detail"] == "the render found already belongs to attempt 1 of this job"
    assert (await harness.client.post("/api/jobs/a/retry", json={"scene": 1})).json()["waiting_for"] is None
    resolved = [event["data"] for event in (await harness.client.get("/api/jobs/a/events")).json()[5:]]
    assert [one.get("outcome") for one in resolved] == ["adopted", None, "not_created"]


async def test_the_page_has_a_form_for_each_render_that_says_its_scene_and_its_cost(harness):
    await scenes_unresolved(harness)
    text = (await harness.client.get("/jobs/a")).text
    assert text.count('name="render_id"') == 2
    for scene in (1, 3):
        assert text.count(f'<input type="hidden" name="scene" value="{scene}">') == 2
        assert f"Attempt 1, scene {scene}" in text
    assert "which costs about $1.25 again" in text
    answer = await post(harness, "/jobs/a/retry", "scene=3&render_id=found")
    assert answer.status_code == 303
    assert (await harness.client.get("/jobs/a")).text.count('name="render_id"') == 1


async def test_the_page_has_the_commands_for_a_terminal(harness):
    await harness.unresolved()
    text = (await harness.client.get("/jobs/a")).text
    assert "reelwright retry a --render-id ID" in text
    assert "reelwright cancel a" in text
