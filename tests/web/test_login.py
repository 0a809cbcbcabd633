"""With a token the pages are for those who know it, and one login is enough."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
import pytest_asyncio

from tests.service.http.harness import approval, open_harness
from tests.web.browsing import found_by_axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOKEN = "a token of the house"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest_asyncio.fixture(loop_scope="session")
async def closed(tmp_path):
    async with open_harness(tmp_path, api_token=TOKEN) as harness:
        await harness.client.post("/api/jobs", json=approval("a"), headers={"Authorization": f"Bearer {TOKEN}"})
        yield harness


async def test_one_login_opens_the_page_its_stream_and_its_images(closed, window):
    page = await window.open(f"{closed.url}/jobs/a")
    assert page.url.endswith("/login?next=/jobs/a")
    await page.get_by_label("Token").fill(TOKEN)
    await page.get_by_role("button", name="Sign in").click()
    await page.locator("main[data-job-id=a]").wait_for()
    await page.locator('#line-state[data-state="live"]').wait_for()
    (cookie,) = await window.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    await page.get_by_role("button", name="Sign out").click()
    await page.goto(f"{closed.url}/")
    await page.get_by_label("Token").wait_for()


async def test_axe_finds_nothing_where_one_signs_in_and_where_a_link_is_made(closed, window):
    closed.client.headers["Authorization"] = f"Bearer {TOKEN}"
    await closed.completed("b")
    page = await window.open(f"{closed.url}/login")
    assert await found_by_axe(page) == []
    await page.get_by_label("Token").fill("guessed")
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_text("That is not the token of this service").wait_for()
    assert await found_by_axe(page) == []
    await page.get_by_label("Token").fill(TOKEN)
    await page.get_by_role("button", name="Sign in").click()
    await page.goto(f"{closed.url}/jobs/b")
    await page.get_by_text("Share…").click()
    assert await found_by_axe(page) == []
    await page.get_by_role("button", name="Make the link").click()
    await page.locator("#link").wait_for()
    assert await found_by_axe(page) == []
    window.complaints.clear()  # the browser notes the 403, and that these bytes are no film


async def test_a_wrong_token_is_told_and_sets_nothing(closed, window):
    page = await window.open(f"{closed.url}/login")
    await page.get_by_label("Token").fill("guessed")
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_text("That is not the token of this service").wait_for()
    assert await window.context.cookies() == []
    window.complaints.clear()  # the browser notes the 403


@pytest.mark.parametrize(
    "path", ["/", "/overview", "/new", "/health", "/asyncapi", "/jobs/a", "/jobs/none", "/jobs/a?version=1"]
)
async def test_no_page_tells_a_stranger_anything(closed, path):
    answer = await closed.client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=")
    assert answer.content == b""


@pytest.mark.parametrize("path", ["/new", "/new/sample", "/jobs/a/cancel", "/jobs/a/retry", "/jobs/a/link"])
async def test_no_form_of_a_stranger_is_taken(closed, path):
    answer = await closed.client.post(path, content="", headers={**FORM, "Origin": closed.url})
    assert answer.status_code == 303
    assert (await closed.repository.load("a")).version == 1


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/%2f"]
)
async def test_a_login_leads_to_no_other_site(closed, target):
    body = urlencode({"token": TOKEN, "next": target})
    answer = await closed.client.post("/login", content=body, headers={**FORM, "Origin": closed.url})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


async def test_another_site_signs_nobody_out(closed):
    for headers in (FORM, {**FORM, "Origin": "https://evil.example"}, {**FORM, "Origin": "null"}):
        answer = await closed.client.post("/logout", content="", headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_a_login_from_another_site_is_refused(closed):
    for headers in (FORM, {**FORM, "Origin": "https://evil.example"}, {**FORM, "Origin": "null"}):
        answer = await closed.client.post("/login", content=urlencode({"token": TOKEN}), headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
