"""The list of jobs in a browser: it shows what is there, and moves with what happens."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from domain import commands as c
from tests.service.http.harness import approval, progressed, requested

pytestmark = pytest.mark.asyncio(loop_scope="session")


def row(page, job_id):
    return page.locator(f'tr[data-job-id="{job_id}"]')


async def is_live(page):
    await page.locator('#line-state[data-state="live"]').wait_for()


async def test_a_new_job_comes_in_on_top(harness, window):
    await harness.approve("first")
    page = await window.open(f"{harness.url}/")
    await is_live(page)
    await harness.approve("second")
    await row(page, "second").wait_for()
    assert await page.locator("#jobs tr").evaluate_all("rows => rows.map(row => row.dataset.jobId)") == [
        "second",
        "first",
    ]


async def test_the_first_job_of_all_takes_the_place_of_the_advice(harness, window):
    page = await window.open(f"{harness.url}/")
    await page.get_by_text("No job yet").wait_for()
    await is_live(page)
    await harness.approve("first")
    await row(page, "first").wait_for()
    await expect(page.get_by_text("No job yet")).to_have_count(0)


async def test_percent_time_left_and_state_move(harness, window):
    await harness.approve("a")
    page = await window.open(f"{harness.url}/")
    await is_live(page)
    await harness.given("a", requested(), progressed(40))
    await page.locator('tr[data-job-id="a"][data-status="rendering"]').wait_for()
    await page.get_by_text("40 %").wait_for()
    await page.get_by_text("about 1 min 0 s left").wait_for()


async def test_a_job_that_fails_says_why(harness, window):
    await harness.approve("a")
    page = await window.open(f"{harness.url}/")
    await is_live(page)
    await harness.given("a", c.FailJob(reason="The provider has no credit left"))
    await page.locator('tr[data-status="failed"]').wait_for()
    await page.get_by_text("The provider has no credit left").wait_for()


async def test_figures_of_all_jobs_follow(harness, window):
    await harness.approve("a")
    page = await window.open(f"{harness.url}/")
    await is_live(page)
    await harness.completed("b")
    await page.locator('[data-count="completed"]', has_text="1").wait_for()
    await page.locator('[data-count="all"]', has_text="2").wait_for()
    assert (await page.locator("#cost-today").text_content()).startswith("$")


async def test_a_filter_shows_one_state_and_lets_a_job_go_that_leaves_it(harness, window):
    await harness.approve("waits")
    await harness.failed("failed")
    page = await window.open(f"{harness.url}/")
    await page.get_by_role("link", name="Approved 1").click()
    await row(page, "waits").wait_for()
    await expect(row(page, "failed")).to_have_count(0)
    await is_live(page)
    await harness.given("waits", requested("another"))
    await row(page, "waits").wait_for(state="detached")


async def test_a_search_finds_while_it_is_typed(harness, window):
    await harness.approve("boat-1")
    await harness.approve("train-1")
    page = await window.open(f"{harness.url}/")
    await page.get_by_label("Search").fill("boat")
    await row(page, "train-1").wait_for(state="detached")
    await expect(row(page, "boat-1")).to_have_count(1)
    assert page.url.endswith("/?q=boat")
    assert await page.get_by_label("Search").input_value() == "boat"


async def test_older_jobs_are_a_page_away(harness, window):
    for number in range(51):
        await harness.approve(f"job-{number}")
    page = await window.open(f"{harness.url}/")
    await expect(page.locator("#jobs tr")).to_have_count(50)
    await page.get_by_role("link", name="Older jobs").click()
    await row(page, "job-0").wait_for()
    await expect(page.locator("#jobs tr")).to_have_count(1)
    await page.get_by_role("link", name="Newest").click()
    await row(page, "job-50").wait_for()


async def test_two_tabs_share_one_line(harness, window):
    pages = [await window.open(f"{harness.url}/") for _ in range(3)]
    for page in pages:
        await is_live(page)
    await harness.client.post("/api/jobs", json=approval("a"))
    for page in pages:
        await row(page, "a").wait_for()
    figures = (await harness.client.get("/metrics")).text
    assert "reelwright_http_streams 1.0" in figures
