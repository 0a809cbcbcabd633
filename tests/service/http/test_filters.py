"""The list of jobs by what they wait for, and by a text: over HTTP, and as tabs of the page."""

from __future__ import annotations

import re

import pytest

from domain import commands as c
from tests.service.http.harness import problem, requested_at_a_provider


@pytest.fixture
async def listed(harness):
    """Have one job that needs a person, one that waits for a worker, one that renders, one that has failed."""
    await harness.unresolved("needs")
    await harness.approve("queued")
    await harness.approve("renders")
    await harness.given("renders", requested_at_a_provider("t"), c.AcceptRender(token="t", render_id="abc123XYZ"))
    await harness.failed("failed")
    return harness


async def names(harness, **query):
    answer = await harness.client.get("/api/jobs", params=query)
    assert answer.status_code == 200, answer.text
    return [job["job_id"] for job in answer.json()["jobs"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"waiting_for": "needs_operator"}, ["needs"]),
        ({"waiting_for": "waits for"}, ["queued"]),
        ({"waiting_for": ""}, ["queued", "needs"]),
        ({"waiting_for": "nothing of this"}, []),
        ({"waiting_for": "", "status": "approved"}, ["queued"]),
        ({"waiting_for": "", "limit": 1}, ["queued"]),
        ({"q": "ABC123"}, ["renders"]),
        ({"q": "no answer"}, ["failed"]),
        ({"q": "needs_op"}, ["needs"]),
        ({"q": ""}, ["failed", "renders", "queued", "needs"]),
    ],
)
async def test_a_list_shows_the_jobs_that_are_asked_for(listed, query, found):
    assert await names(listed, **query) == found


async def test_a_page_of_waiting_jobs_goes_on_where_the_one_before_ended(listed):
    first = (await listed.client.get("/api/jobs", params={"waiting_for": "", "limit": 1})).json()
    second = await names(listed, waiting_for="", limit=1, after=first["next"])
    assert second == ["needs"]


async def test_a_filter_that_is_too_long_is_refused(listed):
    for name in ("waiting_for", "q"):
        problem(await listed.client.get("/api/jobs", params={name: "x" * 201}), 422, "invalid_parameter")


def tab(text):
    return re.search(r'<a href="/\?waiting_for=needs_operator"[^>]*>.*?</a>', text)[0]


async def test_the_tab_counts_the_jobs_that_need_a_person_and_shows_them_alone(listed):
    text = (await listed.client.get("/")).text
    assert "Needs you" in tab(text)
    assert 'data-count="needs_operator">1<' in tab(text)
    assert "aria-current" not in tab(text)
    chosen = (await listed.client.get("/?waiting_for=needs_operator")).text
    assert 'aria-current="true"' in tab(chosen)
    assert chosen.count('aria-current="true"') == 1
    assert re.findall(r'data-job-id="(\w+)"', chosen) == ["needs"]


async def test_the_tab_is_there_and_empty_where_nobody_is_needed(harness):
    await harness.approve()
    text = (await harness.client.get("/?waiting_for=needs_operator")).text
    assert 'data-count="needs_operator">0<' in tab(text)
    assert "No job needs you" in text


async def test_a_search_on_the_page_stays_within_the_tab(listed):
    text = (await listed.client.get("/?waiting_for=needs_operator&q=renders")).text
    assert "No job matches" in text
    assert '<input type="hidden" name="waiting_for" value="needs_operator">' in text
    assert re.findall(r'data-job-id="(\w+)"', (await listed.client.get("/?q=abc123xyz")).text) == ["renders"]
