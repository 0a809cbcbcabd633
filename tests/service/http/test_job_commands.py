"""Cancel and retry over HTTP."""

from __future__ import annotations

from domain import commands as c
from tests.service.http.harness import problem


async def test_a_job_under_way_is_cancelled_with_name_and_reason(harness):
    await harness.approve()
    answer = await harness.client.post("/api/jobs/a/cancel", json={"by": "ada", "reason": "wrong one"})
    assert answer.status_code == 202
    assert answer.json()["status"] == "cancelled"
    events = (await harness.client.get("/api/jobs/a/events")).json()
    assert events[-1]["data"] == {"by": "ada", "reason": "wrong one"}


async def test_a_command_needs_no_body(harness):
    await harness.approve()
    assert (await harness.client.post("/api/jobs/a/cancel")).status_code == 202


async def test_who_works_on_the_job_is_told_of_the_command(harness):
    await harness.approve("b")
    assert (harness.workers.wakes, harness.workers.changed) == (1, [])
    await harness.client.post("/api/jobs/b/cancel")
    assert harness.workers.changed == ["b"]


async def test_a_failed_job_is_tried_again(harness):
    await harness.failed()
    answer = await harness.client.post("/api/jobs/a/retry", json={"by": "ada"})
    assert answer.status_code == 202
    assert answer.json()["status"] == "approved"


async def test_a_retry_looks_at_the_store_not_at_what_this_process_remembers(harness):
    """Another process drove the job to its failure; this one still remembered it as approved, and refused."""
    await harness.approve()
    remembered = harness.repository.cached("a")
    await harness.given("a", c.FailJob(reason="No answer"))
    harness.repository._cache["a"] = remembered
    assert (await harness.client.post("/api/jobs/a/retry")).status_code == 202


async def test_a_move_that_is_not_possible_is_a_conflict_and_changes_nothing(harness):
    await harness.completed()
    for command in ("cancel", "retry"):
        document = problem(await harness.client.post(f"/api/jobs/a/{command}"), 409, "illegal_move")
        assert document["job_status"] == "completed"
    assert (await harness.client.get("/api/jobs/a")).json()["status"] == "completed"


async def test_a_refused_job_wants_a_new_approval_rather_than_a_retry(harness):
    await harness.given("a", c.RefuseStoryboard(reason="Scene 2 is missing image", received="", received_hash="0"))
    document = problem(await harness.client.post("/api/jobs/a/retry"), 409, "needs_approval")
    assert "Scene 2 is missing image" in str(document["detail"])
    assert "approval" in str(document["hint"])
    assert (await harness.approve()).json()["status"] == "approved"


async def test_a_command_to_an_unknown_job_is_not_found(harness):
    problem(await harness.client.post("/api/jobs/b/cancel"), 404, "job_not_found")
    problem(await harness.client.post("/api/jobs/b/retry"), 404, "job_not_found")


async def test_a_command_that_cannot_be_read_is_refused(harness):
    await harness.approve()
    for body in (b"{", b"[]", b'{"by": 1}', b'{"by": ""}', b'{"reason": "' + b"x" * 3000 + b'"}', b"\xff"):
        answer = await harness.client.post(
            "/api/jobs/a/cancel", content=body, headers={"Content-Type": "application/json"}
        )
        problem(answer, 422, "unreadable_order")
    assert (await harness.client.get("/api/jobs/a")).json()["status"] == "approved"


async def test_a_command_as_large_as_a_storyboard_is_not_read(harness):
    await harness.approve()
    answer = await harness.client.post("/api/jobs/a/cancel", json={"reason": "x" * 20_000})
    problem(answer, 413, "body_too_large")
