"""Ten thousand jobs, twenty tabs: the page stays as quick as with one."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest
from playwright.async_api import expect

from domain import commands as c
from domain.job import Job
from domain.storyboard import OutputWishes, Scene
from tests.service.http.harness import progressed, requested

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

JOBS = 10_000
AT_ONCE = 500
TABS = 20


async def many_jobs(harness, count):
    scenes = (Scene(scene_number=1, image_url="https://images.example/1.png", description="One"),)
    command = c.Approve(storyboard=scenes, output=OutputWishes(), storyboard_hash="same")
    for begin in range(0, count, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, count))
        await asyncio.gather(*(harness.repository.append(Job(job_id=f"job-{number}"), command) for number in numbers))


async def seconds_of(awaitable):
    began = monotonic()
    await awaitable
    return monotonic() - began


async def test_ten_thousand_jobs_do_not_slow_the_page_down(harness, window):
    await many_jobs(harness, JOBS)
    page = await window.open(f"{harness.url}/")
    await expect(page.locator("#jobs tr")).to_have_count(50)
    await expect(page.locator('[data-count="all"]')).to_have_text("10,000")
    answers = [await seconds_of(harness.client.get("/")) for _ in range(5)]
    assert sorted(answers)[2] < 0.5, answers
    assert await seconds_of(page.reload()) < 5

    await page.locator('#line-state[data-state="live"]').wait_for()
    newest = f"job-{JOBS - 1}"
    await harness.given(newest, requested(newest), progressed(40))
    await page.locator(f'tr[data-job-id="{newest}"][data-status="rendering"]').wait_for()

    await page.get_by_label("Search").fill("job-42")
    await page.locator('tr[data-job-id="job-42"]').wait_for()


async def test_twenty_tabs_of_one_browser_are_all_live(harness, window):
    await harness.approve("a")
    pages = [await window.open(f"{harness.url}/{'' if number % 2 else 'jobs/a'}") for number in range(TABS)]
    for page in pages:
        await page.locator('#line-state[data-state="live"]').wait_for(state="attached")
    await harness.given("a", requested())
    for page in pages:
        await page.bring_to_front()
        await page.locator('[data-job-id="a"][data-status="rendering"]').wait_for()
    assert "reelwright_http_streams 1.0" in (await harness.client.get("/metrics")).text
