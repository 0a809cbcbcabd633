"""With JavaScript off the page shows the same facts and takes the same orders."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from domain import commands as c
from tests.service.http.harness import progressed, requested

pytestmark = pytest.mark.asyncio(loop_scope="session")

FACTS = (
    ".stepper .step-name, #status, #message, #percent, .scene-head, .scene p, .event strong, .event-said, "
    "#attempts td, dt"
)


async def facts(page):
    texts = await page.locator(FACTS).all_text_contents()
    return [text for text in texts if ":" not in text]  # times are the reader's own where scripts run


async def test_a_job_shows_the_same_facts(harness, window, plain_window):
    await harness.approve("a")
    await harness.given("a", requested(), c.AcceptRender(token="token", render_id="render-1"), progressed(35))
    with_scripts = await window.open(f"{harness.url}/jobs/a")
    await with_scripts.locator('#line-state[data-state="live"]').wait_for()
    without = await plain_window.open(f"{harness.url}/jobs/a")
    shown = await facts(without)
    assert shown == await facts(with_scripts)
    assert len(shown) > 20


async def test_the_list_shows_the_same_facts(harness, window, plain_window):
    await harness.approve("a")
    await harness.failed("b")
    await harness.completed("c")
    cells = "[data-field], .tab-name, .tab-count, .today strong"
    with_scripts = await window.open(f"{harness.url}/")
    await with_scripts.locator('#line-state[data-state="live"]').wait_for()
    without = await plain_window.open(f"{harness.url}/")
    shown = await without.locator(cells).all_text_contents()
    assert shown == await with_scripts.locator(cells).all_text_contents()
    assert {"a", "b", "c", "failed", "No answer"} <= set(shown)


async def test_the_past_is_a_link_away(harness, plain_window):
    await harness.approve("a")
    await harness.given("a", requested(), progressed(20), progressed(60))
    page = await plain_window.open(f"{harness.url}/jobs/a")
    await page.get_by_label("Earlier version").click()
    await expect(page.locator("main")).to_have_attribute("data-version", "3")
    await page.get_by_role("link", name="v1", exact=True).click()
    await expect(page.locator("main")).to_have_attribute("data-status", "approved")
    await page.get_by_label("As it was at version").fill("2")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator("main")).to_have_attribute("data-version", "2")


async def test_a_job_is_cancelled_by_a_form(harness, plain_window):
    await harness.approve("a")
    page = await plain_window.open(f"{harness.url}/jobs/a")
    await page.get_by_text("Cancel…").click()
    await page.get_by_role("button", name="Cancel this job").click()
    await expect(page.locator("main")).to_have_attribute("data-status", "cancelled")


async def test_a_command_that_comes_too_late_is_explained(harness, plain_window):
    await harness.approve("a")
    page = await plain_window.open(f"{harness.url}/jobs/a")
    await harness.given("a", c.Cancel(by="somebody else"))
    await page.get_by_text("Cancel…").click()
    await page.get_by_role("button", name="Cancel this job").click()
    await page.get_by_role("heading", name="Not possible in the job's state").wait_for()
    plain_window.complaints.clear()  # the browser notes the 409


async def test_a_storyboard_of_addresses_is_approved_by_a_form(harness, plain_window):
    page = await plain_window.open(f"{harness.url}/new")
    for number in (1, 2):
        await page.locator(f"#image_url-{number}").fill(f"https://images.example/{number}.png")
        await page.locator(f"#description-{number}").fill(f"Image {number}")
    await page.locator("#seconds-2").fill("4.5")
    await page.get_by_label("Name of the job").fill("typed")
    await page.get_by_role("button", name="Approve and render").click()
    assert page.url.endswith("/jobs/typed")
    job = await harness.repository.load("typed")
    assert [scene.duration_seconds for scene in job.storyboard] == [3.0, 4.5]
    assert [scene.description for scene in job.storyboard] == ["Image 1", "Image 2"]
    assert str(job.estimated_cost) == "0.756"  # 2 images and 7.5 s


async def test_a_form_that_is_refused_keeps_what_was_typed(harness, plain_window):
    page = await plain_window.open(f"{harness.url}/new")
    await page.locator("#image_url-1").fill("https://images.example/1.png")
    await page.locator("#description-2").fill("A scene without an image")
    await page.get_by_role("button", name="Approve and render").click()
    await expect(page.locator("#problem")).to_contain_text("Scene 2 is missing image")
    assert await page.locator("#image_url-1").input_value() == "https://images.example/1.png"
    plain_window.complaints.clear()  # the browser notes the 422
