"""POST /api/jobs: what is stored, what is refused, and what the same request means when it comes again."""

from __future__ import annotations

import json

import pytest

from tests.service.http.harness import approval, problem


async def test_an_approval_becomes_a_job_that_has_an_address(harness):
    answer = await harness.approve(123)
    assert answer.status_code == 202
    assert answer.headers["location"] == "/api/jobs/123"
    assert answer.json()["job_id"] == "123"
    assert answer.json()["status"] == "approved"
    assert (await harness.client.get(answer.headers["location"])).json() == answer.json()


async def test_the_same_approval_again_changes_nothing(harness):
    await harness.approve()
    again = await harness.approve()
    assert again.status_code == 202
    assert again.json()["version"] == 1


async def test_another_storyboard_under_a_used_job_id_is_a_conflict(harness):
    await harness.approve()
    other = await harness.approve(storyboard=[{"image_url": "https://images.example/9.png"}])
    assert problem(other, 409, "storyboard_conflict")["job_id"] == "a"
    assert (await harness.client.get("/api/jobs/a")).json()["version"] == 1


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"approved": False}, "Storyboard must be approved"),
        ({"storyboard": []}, "No storyboard data available"),
        ({"storyboard": [{"image_url": "https://images.example/1.png"}, {}]}, "Scene 2 is missing image"),
    ],
)
async def test_a_storyboard_that_cannot_be_rendered_is_refused_and_nothing_is_stored(harness, more, reason):
    document = problem(await harness.approve(**more), 422, "storyboard_refused")
    assert str(document["detail"]).startswith(reason)
    problem(await harness.client.get("/api/jobs/a"), 404, "job_not_found")


async def test_what_cannot_be_read_is_refused(harness):
    for body in (
        b"",
        b"{",
        b"[]",
        b'{"storyboard": []}',
        b'{"job_id": "../x"}',
        b'{"job_id": true}',
        b"\xff",
        b"[" * 9999,
    ):
        answer = await harness.client.post("/api/jobs", content=body, headers={"Content-Type": "application/json"})
        problem(answer, 422, "unreadable_approval")
    assert (await harness.client.get("/api/jobs")).json()["jobs"] == []


async def test_a_body_above_512_kib_is_not_read(harness):
    answer = await harness.approve(padding="x" * 600_000)
    problem(answer, 413, "body_too_large")


async def test_a_body_that_never_says_how_long_it_is_is_cut_off(harness):
    async def endless():
        for _ in range(100):
            yield b" " * 10_000

    answer = await harness.client.post("/api/jobs", content=endless(), headers={"Content-Type": "application/json"})
    problem(answer, 413, "body_too_large")


async def test_the_same_key_and_body_again_is_the_same_job(harness):
    headers = {"Idempotency-Key": "key-1"}
    first = await harness.client.post("/api/jobs", json=approval(), headers=headers)
    again = await harness.client.post("/api/jobs", json=approval(), headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]


async def test_the_same_key_with_another_body_is_refused(harness):
    headers = {"Idempotency-Key": "key-1"}
    await harness.client.post("/api/jobs", json=approval("a"), headers=headers)
    other = await harness.client.post("/api/jobs", json=approval("b"), headers=headers)
    assert problem(other, 422, "idempotency_mismatch")["job_id"] == "a"
    problem(await harness.client.get("/api/jobs/b"), 404, "job_not_found")


async def test_a_key_that_is_no_key_is_refused(harness):
    answer = await harness.client.post("/api/jobs", json=approval(), headers={"Idempotency-Key": "k" * 256})
    problem(answer, 422, "invalid_parameter")


async def test_a_refused_body_does_not_use_up_its_key(harness):
    headers = {"Idempotency-Key": "key-1"}
    problem(
        await harness.client.post("/api/jobs", json=approval(approved=False), headers=headers),
        422,
        "storyboard_refused",
    )
    assert (await harness.client.post("/api/jobs", json=approval(), headers=headers)).status_code == 202


async def test_a_storyboard_may_be_a_json_string_under_its_other_name(harness):
    body = approval()
    body["storyboard_data"] = json.dumps(body.pop("storyboard"))
    answer = await harness.client.post("/api/jobs", json=body)
    assert answer.status_code == 202
    assert len(answer.json()["storyboard"]) == 2


async def test_an_estimate_that_is_none_is_told_and_the_job_is_taken(harness):
    """It was dropped without a word, so that the warning about the cost never came."""
    answer = await harness.approve(estimated_cost=-2.5)
    assert answer.status_code == 202
    (warning,) = answer.json()["warnings"]
    assert (warning["field"], answer.json()["estimated_cost"]) == ("estimated_cost", None)
    assert warning["message"].startswith("-2.5 is no estimate")
    events = (await harness.client.get("/api/jobs/a/events")).json()
    assert events[0]["data"]["warnings"] == [warning]
    assert "-2.5 is no estimate" in (await harness.client.get("/jobs/a")).text
