"""POST /api/jobs: what is stored, what is refused, and what the same request means when it comes again."""

from __future__ import annotations

import json

import pytest

from tests.service.api.house import approval, problem


async def test_an_approval_becomes_a_job_that_has_an_address(house):
    answer = await house.approve(123)
    assert answer.status_code == 202
    assert answer.headers["location"] == "/api/jobs/123"
    assert answer.json()["job_id"] == "123"
    assert answer.json()["status"] == "approved"
    assert (await house.client.get(answer.headers["location"])).json() == answer.json()


async def test_the_same_approval_again_changes_nothing(house):
    await house.approve()
    again = await house.approve()
    assert again.status_code == 202
    assert again.json()["version"] == 1


async def test_another_storyboard_under_a_used_job_id_is_a_conflict(house):
    await house.approve()
    other = await house.approve(storyboard=[{"image_url": "https://pictures.example/9.png"}])
    assert problem(other, 409, "storyboard_conflict")["job_id"] == "a"
    assert (await house.client.get("/api/jobs/a")).json()["version"] == 1


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"approved": False}, "Storyboard must be approved"),
        ({"storyboard": []}, "No storyboard data available"),
        ({"storyboard": [{"image_url": "https://pictures.example/1.png"}, {}]}, "Scene 2 is missing image"),
    ],
)
async def test_a_storyboard_that_cannot_be_rendered_is_refused_and_nothing_is_stored(house, more, reason):
    document = problem(await house.approve(**more), 422, "storyboard_refused")
    assert str(document["detail"]).startswith(reason)
    problem(await house.client.get("/api/jobs/a"), 404, "job_not_found")


async def test_what_cannot_be_read_is_refused(house):
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
        answer = await house.client.post("/api/jobs", content=body, headers={"Content-Type": "application/json"})
        problem(answer, 422, "unreadable_approval")
    assert (await house.client.get("/api/jobs")).json()["jobs"] == []


async def test_a_body_above_512_kib_is_not_read(house):
    answer = await house.approve(padding="x" * 600_000)
    problem(answer, 413, "body_too_large")


async def test_a_body_that_never_says_how_long_it_is_is_cut_off(house):
    async def endless():
        for _ in range(100):
            yield b" " * 10_000

    answer = await house.client.post("/api/jobs", content=endless(), headers={"Content-Type": "application/json"})
    problem(answer, 413, "body_too_large")


async def test_the_same_key_and_body_again_is_the_same_job(house):
    headers = {"Idempotency-Key": "key-1"}
    first = await house.client.post("/api/jobs", json=approval(), headers=headers)
    again = await house.client.post("/api/jobs", json=approval(), headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]


async def test_the_same_key_with_another_body_is_refused(house):
    headers = {"Idempotency-Key": "key-1"}
    await house.client.post("/api/jobs", json=approval("a"), headers=headers)
    other = await house.client.post("/api/jobs", json=approval("b"), headers=headers)
    assert problem(other, 422, "idempotency_mismatch")["job_id"] == "a"
    problem(await house.client.get("/api/jobs/b"), 404, "job_not_found")


async def test_a_key_that_is_no_key_is_refused(house):
    answer = await house.client.post("/api/jobs", json=approval(), headers={"Idempotency-Key": "k" * 256})
    problem(answer, 422, "invalid_parameter")


async def test_a_refused_body_does_not_use_up_its_key(house):
    headers = {"Idempotency-Key": "key-1"}
    problem(
        await house.client.post("/api/jobs", json=approval(approved=False), headers=headers), 422, "storyboard_refused"
    )
    assert (await house.client.post("/api/jobs", json=approval(), headers=headers)).status_code == 202


async def test_a_storyboard_may_be_a_json_string_under_its_other_name(house):
    body = approval()
    body["storyboard_data"] = json.dumps(body.pop("storyboard"))
    answer = await house.client.post("/api/jobs", json=body)
    assert answer.status_code == 202
    assert len(answer.json()["storyboard"]) == 2
