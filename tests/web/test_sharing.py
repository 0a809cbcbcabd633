"""A link to a finished video, made on its page."""

from __future__ import annotations

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.service.http.harness import VIDEO, open_harness

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOKEN = "a token of the house"


@pytest_asyncio.fixture(loop_scope="session")
async def closed(tmp_path):
    async with open_harness(tmp_path, api_token=TOKEN) as harness:
        harness.client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield harness


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_link_from_the_page_opens_the_video_for_a_stranger(closed, window, plain_window, scripts):
    await closed.completed("a")
    page = await (window if scripts else plain_window).open(f"{closed.url}/jobs/a")
    await page.get_by_label("Token").fill(TOKEN)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_text("Share…").click()
    await page.get_by_label("A link that anybody may open, for").select_option("a week")
    await page.get_by_role("button", name="Make the link").click()
    await expect(page.get_by_text("Anybody who has it sees the video until")).to_be_visible()
    link = await page.locator("#link").text_content()
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.get(link)).content == VIDEO
    window.complaints.clear()  # these bytes are no film, as the player notes
    plain_window.complaints.clear()


async def test_where_everybody_may_look_nothing_is_offered(harness, window):
    await harness.completed("a")
    page = await window.open(f"{harness.url}/jobs/a")
    await expect(page.get_by_text("In a terminal")).to_be_visible()
    await expect(page.get_by_text("Share…")).to_have_count(0)
    window.complaints.clear()


async def test_a_time_that_is_not_offered_is_refused(closed):
    await closed.completed("a")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": closed.url}
    answer = await closed.client.post("/jobs/a/link", content="span=century", headers=headers)
    assert answer.status_code == 400
