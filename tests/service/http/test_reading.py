"""Jobs as they are and as they were, and the list of them."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from domain import commands as c
from service.jobs.views import EventView, JobPageView, JobView, JsonView, to_json
from tests.service.http.harness import problem, progressed, requested

V = TypeVar("V", bound=JsonView)


def read(answer: object, kind: type[V]) -> V:
    """Read an answer strictly: nothing is missing, and nothing is in it that the document does not name."""
    view = msgspec.convert(answer, kind)
    assert msgspec.json.decode(to_json(view)) == answer
    return view


async def test_a_job_has_exactly_the_documented_members(harness):
    await harness.completed()
    read((await harness.client.get("/api/jobs/a")).json(), JobView)


async def test_a_completed_job_says_where_its_files_are_and_what_it_cost(harness):
    await harness.completed()
    job = (await harness.client.get("/api/jobs/a")).json()
    assert job["status"] == "completed"
    assert job["video_url"] == "/api/videos/a/data"
    assert job["thumbnail_url"] == "/api/videos/a/thumbnail"
    assert job["progress"]["percent"] == 100
    assert (job["actual_cost"], job["list_price"]) == (0, 0.506)
    assert job["estimated_cost"] == 2.5


async def test_a_refused_job_is_shown_as_not_approved_with_its_reason(harness):
    await harness.given("a", c.RefuseStoryboard(reason="Scene 2 is missing image", received="{}", received_hash="0"))
    job = (await harness.client.get("/api/jobs/a")).json()
    assert (job["status"], job["approved"], job["storyboard"]) == ("failed", False, [])
    assert job["error_message"] == "Scene 2 is missing image"


async def test_the_events_are_listed_oldest_first_with_their_data(harness):
    await harness.approve()
    await harness.given("a", requested(), progressed(40))
    events = (await harness.client.get("/api/jobs/a/events")).json()
    assert [read(event, EventView).version for event in events] == [1, 2, 3]
    assert [event["position"] for event in events] == [1, 2, 3]
    assert [event["type"] for event in events] == ["StoryboardApproved", "RenderRequested", "RenderProgressed"]
    assert events[2]["data"]["percent"] == 40
    assert (await harness.client.get("/api/jobs/a")).json()["position"] == events[-1]["position"]


async def test_an_earlier_version_shows_the_job_as_it_was(harness):
    await harness.approve()
    await harness.given("a", requested(), progressed(40))
    was = (await harness.client.get("/api/jobs/a?version=2")).json()
    assert (was["version"], was["status"], was["progress"]["percent"]) == (2, "rendering", 0)
    assert was["updated_at"] == (await harness.client.get("/api/jobs/a/events")).json()[1]["recorded_at"]


async def test_a_shown_time_asked_back_for_finds_the_state_of_that_event(harness):
    await harness.approve()
    await harness.given("a", requested())
    await harness.given("a", progressed(40))
    events = (await harness.client.get("/api/jobs/a/events")).json()
    was = (await harness.client.get("/api/jobs/a", params={"at": events[1]["recorded_at"]})).json()
    assert was["version"] == 2
    assert (await harness.client.get("/api/jobs/a?at=2999-01-01T00:00:00+02:00")).json()["version"] == 3


async def test_before_its_first_event_and_after_its_last_version_there_is_no_job(harness):
    await harness.approve()
    for moment in ("at=2001-01-01T00:00:00Z", "version=0", "version=2"):
        problem(await harness.client.get(f"/api/jobs/a?{moment}"), 404, "moment_not_found")


async def test_a_moment_that_is_none_is_refused(harness):
    await harness.approve()
    for moment in ("at=yesterday", "at=2026-11-22T18:00:00", "version=x", "version=-1", "version=1&at=2026-11-22"):
        problem(await harness.client.get(f"/api/jobs/a?{moment}"), 422, "invalid_parameter")


async def test_an_unknown_job_is_not_found_whatever_it_is_called(harness):
    for path in ("/api/jobs/b", "/api/jobs/b/events", "/api/jobs/%00", "/api/jobs/..%5Cb", "/api/jobs/%F0%9F%8E%AC"):
        problem(await harness.client.get(path), 404, "job_not_found")


async def test_jobs_are_listed_newest_first_page_by_page(harness):
    for job_id in ("a", "b", "c", "d", "e"):
        await harness.approve(job_id)
    seen, path = [], "/api/jobs?limit=2"
    while path:
        page = (await harness.client.get(path)).json()
        read(page, JobPageView)
        seen.append([job["job_id"] for job in page["jobs"]])
        path = page["next"] and f"/api/jobs?limit=2&after={page['next']}"
    assert seen == [["e", "d"], ["c", "b"], ["a"]]


async def test_the_list_can_be_of_one_status(harness):
    await harness.approve("a")
    await harness.failed("b")
    jobs = (await harness.client.get("/api/jobs?status=failed")).json()["jobs"]
    assert [job["job_id"] for job in jobs] == ["b"]


async def test_a_list_shows_what_the_job_itself_shows_without_its_storyboard_and_its_warnings(harness):
    await harness.completed()
    job = (await harness.client.get("/api/jobs/a")).json()
    (listed,) = (await harness.client.get("/api/jobs")).json()["jobs"]
    del job["storyboard"], job["warnings"]
    assert listed == job


async def test_wrong_parameters_of_the_list_are_named(harness):
    for query in ("status=lost", "limit=0", "limit=201", "limit=x", "after=%20"):
        document = problem(await harness.client.get(f"/api/jobs?{query}"), 422, "invalid_parameter")
        assert query.partition("=")[0] in str(document["detail"])
