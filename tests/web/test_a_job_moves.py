"""A job's page in a browser: what it does now, why it waits, what it was, and the orders that it takes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from domain import commands as c
from domain.retry import RetryPolicy
from tests.service.http.harness import progressed, requested

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def is_live(page):
    await page.locator('#line-state[data-state="live"]').wait_for()


async def in_status(page, status):
    await page.locator(f'main[data-job-id="a"][data-status="{status}"]').wait_for()


async def open_job(harness, window, job_id="a"):
    page = await window.open(f"{harness.url}/jobs/{job_id}")
    await is_live(page)
    return page


def failed_render(reason):
    return c.FailRender(token="token", reason=reason, at=datetime.now(UTC), retry=RetryPolicy())


async def test_the_stepper_the_percent_and_the_timeline_follow_what_happens(harness, window):
    await harness.approve("a")
    page = await open_job(harness, window)
    await harness.given("a", requested(), c.AcceptRender(token="token", render_id="render-1"), progressed(35))
    await in_status(page, "rendering")
    await page.get_by_text("35 %", exact=True).wait_for()
    await page.locator(".event[data-event=RenderProgressed]").wait_for()
    await expect(page.locator(".stepper [aria-current=step]")).to_have_attribute("data-step", "rendering")
    await expect(page.locator(".event")).to_have_count(4)
    await expect(page.locator(".scene.now")).to_have_count(1)


async def test_a_failed_attempt_shows_its_reason_and_when_it_goes_on(harness, window):
    await harness.approve("a")
    page = await open_job(harness, window)
    await harness.given("a", requested(), failed_render("The model ran out of memory"))
    waiting = page.locator("#waiting")
    await expect(waiting).to_contain_text("retry at")
    await expect(waiting).to_contain_text("The model ran out of memory")
    await expect(page.locator("#attempts")).to_contain_text("The model ran out of memory")
    await expect(page.locator(".event.trouble")).to_have_count(1)


async def test_a_job_that_needs_a_person_says_so_and_why(harness, window):
    await harness.approve("a")
    await harness.given("a", requested(), c.LeaveUnresolved(token="token", reason="the list could not be read"))
    page = await open_job(harness, window)
    await expect(page.locator("#waiting")).to_contain_text("needs_operator: the list could not be read")
    await expect(page.get_by_role("button", name="There is none: render again")).to_have_count(1)


async def test_the_slider_shows_the_job_as_it_was(harness, window):
    await harness.approve("a")
    await harness.given("a", requested(), progressed(20), progressed(60), c.FailJob(reason="No answer"))
    page = await open_job(harness, window)
    slider = page.get_by_label("As it was at version")
    await slider.focus()
    for _ in range(2):
        await page.keyboard.press("ArrowLeft")
    await page.locator('main[data-status="rendering"][data-version="3"]').wait_for()
    await page.get_by_text("20 %", exact=True).wait_for()
    assert page.url.endswith("/jobs/a?version=3")
    await page.get_by_role("link", name="Show it as it is now").click()
    await in_status(page, "failed")


async def test_the_past_stays_as_it_was_while_the_job_goes_on(harness, window):
    await harness.approve("a")
    await harness.given("a", requested(), progressed(20))
    page = await window.open(f"{harness.url}/jobs/a?version=1")
    await is_live(page)
    await harness.given("a", c.FailJob(reason="No answer"))
    await page.locator('#version[max="4"]').wait_for()
    await in_status(page, "approved")
    await expect(page.locator("#actions")).to_have_count(0)


async def test_cancel_asks_once_more_and_then_cancels(harness, window):
    await harness.approve("a")
    page = await open_job(harness, window)
    await page.get_by_text("Cancel…").click()
    await page.get_by_role("button", name="Cancel this job").click()
    await in_status(page, "cancelled")
    assert (await harness.repository.load("a")).status == "cancelled"


async def test_a_failed_job_is_tried_again(harness, window):
    await harness.failed("a")
    page = await open_job(harness, window)
    await page.get_by_role("button", name="Try again").click()
    await in_status(page, "approved")


async def test_details_that_were_opened_stay_open_while_the_job_moves(harness, window):
    await harness.approve("a")
    page = await open_job(harness, window)
    await page.locator(".event summary").first.click()
    await page.get_by_text('"StoryboardApproved"').wait_for()
    await harness.given("a", requested())
    await page.locator(".event[data-event=RenderRequested]").wait_for()
    assert await page.get_by_text('"StoryboardApproved"').is_visible()


async def test_commands_for_a_terminal_can_be_copied(harness, window):
    await harness.approve("a")
    await window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await open_job(harness, window)
    await page.get_by_text("In a terminal").click()
    await page.get_by_role("button", name="Copy as CLI command").first.click()
    await page.get_by_text("Copied").wait_for()
    assert await page.evaluate("() => navigator.clipboard.readText()") == "reelwright show a"
    await page.get_by_role("button", name="Copy as curl").nth(2).click()
    assert (
        await page.evaluate("() => navigator.clipboard.readText()")
        == f"curl -s -X POST {harness.url}/api/jobs/a/cancel"
    )
