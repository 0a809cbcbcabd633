"""The pages for those who see, move or read differently: nothing for axe to find, all by keyboard, any width."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from domain import commands as c
from tests.service.http.harness import progressed, requested
from tests.web.browsing import found_by_axe
from tests.web.browsing import window as open_window

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = (
    "/",
    "/?status=failed",
    "/?q=nothing-like-it",
    "/new",
    "/health",
    "/asyncapi",
    "/jobs/running",
    "/jobs/done",
    "/jobs/failed",
    "/jobs/running?version=1",
)
WIDTHS = (320, 800, 1728)


async def given_jobs(harness):
    await harness.approve("running")
    await harness.given("running", requested("1"), progressed(35))
    await harness.completed("done")
    await harness.failed("failed", reason="The provider said: no")


@pytest.mark.parametrize(("scheme", "paths"), [("light", PAGES), ("dark", ("/", "/new", "/jobs/failed"))])
async def test_axe_finds_nothing(harness, browser, scheme, paths):
    await given_jobs(harness)
    async with open_window(browser, scheme=scheme) as watched:
        for path in paths:
            page = await watched.open(f"{harness.url}{path}")
            assert await found_by_axe(page) == [], path
            await page.close()
        watched.check(expected=("video", "ERR", "status of 4"))


async def test_no_page_is_wider_than_its_window(harness, browser):
    await given_jobs(harness)
    await harness.approve(
        "x" * 64, storyboard=[{"image_url": "https://a.example/" + "y" * 300, "description": "z" * 900}]
    )
    async with open_window(browser) as watched:
        for path in (*PAGES, f"/jobs/{'x' * 64}"):
            page = await watched.open(f"{harness.url}{path}")
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 800})
                wide = await page.evaluate("() => document.documentElement.scrollWidth")
                assert wide <= width, f"{path} is {wide} wide in a window of {width}"
            await page.close()


async def test_a_keyboard_is_enough(harness, window):
    await given_jobs(harness)
    page = await window.open(f"{harness.url}/")
    await page.keyboard.press("Tab")
    focused = page.locator(":focus")
    await expect(focused).to_have_text("Skip to the content")
    assert await focused.is_visible()
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.locator("tr[data-job-id=running] a:focus").count():
            break
    assert await focused.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    await page.keyboard.press("Enter")
    await page.locator("main[data-job-id=running]").wait_for()
    summary = page.get_by_text("Cancel…")
    await summary.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.locator('main[data-status="cancelled"]').wait_for()


LISTENS = """() => {
    globalThis.said = [];
    new MutationObserver(() => said.push(document.getElementById("announcer").textContent))
        .observe(document.getElementById("announcer"), {childList: true});
}"""


async def test_an_end_is_said_though_the_page_was_loaded_again_before(harness, window):
    """An event was only announced while the page was older: where the page was loaded again first, nobody heard it."""
    await harness.approve("a")
    page = await window.open(f"{harness.url}/jobs/a")
    await page.locator('#line-state[data-state="live"]').wait_for()
    await page.evaluate(LISTENS)
    await page.evaluate("() => { globalThis.held = []; globalThis.requestAnimationFrame = (work) => held.push(work); }")
    await harness.given("a", c.FailJob(reason="No answer"))
    await page.locator("main[data-status=failed]").wait_for()
    await page.wait_for_function("() => held.length > 0")
    assert await page.evaluate("() => said") == []
    await page.evaluate("() => held.splice(0).forEach((work) => work())")
    await page.wait_for_function("() => said.some(text => text.includes('No answer'))", timeout=15_000)


async def test_a_change_of_state_is_said_and_every_percent_is_not(harness, window):
    await harness.approve("a")
    page = await window.open(f"{harness.url}/jobs/a")
    await page.locator('#line-state[data-state="live"]').wait_for()
    await page.evaluate(LISTENS)
    await harness.given("a", requested())
    for percent in range(5, 25, 5):
        await harness.given("a", progressed(percent))
    await harness.given("a", c.FailJob(reason="No answer"))
    await page.wait_for_function("() => said.some(text => text.includes('No answer'))", timeout=15_000)
    assert len(await page.evaluate("() => said")) <= 2
