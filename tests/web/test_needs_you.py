"""A job that needs a person, in a browser: its tab in the list, and what may be said of it on its page."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.browsing import found_by_axe

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def is_live(page):
    await page.locator('#line-state[data-state="live"]').wait_for()


async def events(harness, job_id):
    return [event["type"] for event in (await harness.client.get(f"/api/jobs/{job_id}/events")).json()]


async def test_a_job_that_comes_to_need_a_person_is_counted_and_listed_while_one_looks(harness, window):
    await harness.approve("other")
    page = await window.open(f"{harness.url}/")
    await is_live(page)
    await expect(page.locator('[data-count="needs_operator"]')).to_have_text("0")
    await harness.unresolved("a")
    await expect(page.locator('[data-count="needs_operator"]')).to_have_text("1")
    await page.get_by_role("link", name="Needs you 1").click()
    await expect(page.locator("#jobs tr")).to_have_count(1)
    await is_live(page)
    await harness.unresolved("b")
    await page.locator('tr[data-job-id="b"]').wait_for()
    await harness.client.post("/api/jobs/a/retry", json={"render_id": "found"})
    await page.locator('tr[data-job-id="a"]').wait_for(state="detached")
    await expect(page.locator('[data-count="needs_operator"]')).to_have_text("1")


async def test_a_job_that_was_searched_by_its_render_stays_while_it_moves(harness, window):
    """Its id is in no event, so the script took the row for one that does not match any more."""
    await harness.unresolved("a")
    await harness.client.post("/api/jobs/a/retry", json={"render_id": "found"})
    page = await window.open(f"{harness.url}/?q=found")
    await is_live(page)
    await expect(page.locator("#jobs tr")).to_have_count(1)
    await harness.client.post("/api/jobs/a/cancel")
    await page.locator('tr[data-job-id="a"][data-status="cancelled"]').wait_for()


async def test_the_page_says_what_was_requested_and_what_each_answer_costs(harness, window):
    await harness.unresolved("a")
    page = await window.open(f"{harness.url}/jobs/a")
    await is_live(page)
    section = page.locator("#needs-you")
    for text in ("replicate, owner/film", "4711", "A boat leaves the harbour", "SHA-256", "Requested", "still billed"):
        await expect(section).to_contain_text(text)
    assert await found_by_axe(page) == []


async def test_what_is_typed_stays_while_the_page_is_renewed(harness, window):
    await harness.unresolved("a")
    page = await window.open(f"{harness.url}/jobs/a")
    await is_live(page)
    await page.get_by_label("Id of the render").fill("fou")
    async with page.expect_response(lambda answer: answer.url.endswith("/jobs/a")):
        await page.evaluate("document.querySelector('live-job').renew()")
    await page.wait_for_timeout(100)
    assert await page.get_by_label("Id of the render").input_value() == "fou"


async def test_the_render_that_was_found_is_named_with_and_without_scripts(harness, window, plain_window):
    harness.renders.known |= {"found-a", "found-b"}
    for job_id, used in (("a", window), ("b", plain_window)):
        await harness.unresolved(job_id)
        page = await used.open(f"{harness.url}/jobs/{job_id}")
        await page.get_by_label("Id of the render").fill(f"found-{job_id}")
        await page.get_by_role("button", name="It is this one").click()
        await expect(page.locator("#needs-you")).to_have_count(0)
        assert (await events(harness, job_id))[-1] == "RenderAccepted"


async def test_an_id_that_is_not_known_is_explained_and_the_way_back_is_a_link(harness, plain_window):
    await harness.unresolved("a")
    page = await plain_window.open(f"{harness.url}/jobs/a")
    await page.get_by_label("Id of the render").fill("other")
    await page.get_by_role("button", name="It is this one").click()
    await page.get_by_role("heading", name="The provider does not know this render").wait_for()
    await page.get_by_role("link", name="Back to the job").click()
    await expect(page.locator("#needs-you")).to_have_count(1)
    plain_window.complaints.clear()  # the browser notes the 404


async def test_an_empty_field_says_nothing(harness, plain_window):
    await harness.unresolved("a")
    page = await plain_window.open(f"{harness.url}/jobs/a")
    await page.get_by_role("button", name="It is this one").click()
    assert (await events(harness, "a"))[-1] == "RenderUnresolved"


@pytest.mark.parametrize(
    ("button", "last", "status"),
    [("There is none: render again", "RenderResolved", "rendering"), ("Cancel", "JobCancelled", "cancelled")],
)
async def test_the_other_two_answers_are_a_button_each(harness, plain_window, button, last, status):
    await harness.unresolved("a")
    page = await plain_window.open(f"{harness.url}/jobs/a")
    await page.get_by_role("button", name=button, exact=True).click()
    await expect(page.locator("main")).to_have_attribute("data-status", status)
    await expect(page.locator("#needs-you")).to_have_count(0)
    assert (await events(harness, "a"))[-1] == last


async def test_an_older_version_asks_nobody(harness, plain_window):
    await harness.unresolved("a")
    await harness.client.post("/api/jobs/a/retry", json={"render_id": "found"})
    page = await plain_window.open(f"{harness.url}/jobs/a?version=3")
    await expect(page.locator("main")).to_have_attribute("data-version", "3")
    await expect(page.locator("#needs-you")).to_have_count(0)
