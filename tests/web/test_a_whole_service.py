"""The page of a whole service: a video comes into being before one's eyes, also when the service dies meanwhile."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.system.running import approval

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

PLAY = """async video => {
    video.muted = true;
    await video.play();
    await new Promise(resolve => video.addEventListener("timeupdate", resolve, {once: true}));
    video.pause();
    return video.currentTime;
}"""
SEEK = """(video, seconds) => new Promise(resolve => {
    video.addEventListener("seeked", () => resolve(video.currentTime), {once: true});
    video.currentTime = seconds;
})"""


async def in_status(page, status, *, seconds=90):
    await page.locator(f'main[data-status="{status}"]').wait_for(timeout=seconds * 1000)


async def test_a_job_is_watched_to_its_video_which_plays_and_seeks(service, hold, window):
    await service.start()
    await service.approve(approval("boat", scenes=3, seconds=1.5))
    await service.job_in("boat", "rendering")
    page = await window.open(f"{service.url}/jobs/boat")
    await page.locator('#line-state[data-state="live"]').wait_for()
    hold.let_go()
    await in_status(page, "completed")
    video = page.locator("video")
    await video.wait_for()
    await expect(video).to_have_attribute("preload", "metadata")
    await expect(video).to_have_attribute("poster", "/api/videos/boat/thumbnail")
    await page.wait_for_function("() => document.querySelector('video').readyState >= 1")
    duration = await video.evaluate("video => video.duration")
    assert abs(duration - 4.5) < 0.2
    assert await video.evaluate(PLAY) > 0
    assert abs(await video.evaluate(SEEK, 3.0) - 3.0) < 0.2
    assert await page.locator(".scene img").evaluate_all("images => images.every(image => image.naturalWidth > 0)")


async def test_a_page_goes_on_when_the_service_was_killed_and_came_back(service, hold, window):
    await service.start()
    await service.approve(approval("killed", scenes=4, seconds=4.0))
    await service.job_in("killed", "rendering")
    page = await window.open(f"{service.url}/jobs/killed")
    await page.locator('#line-state[data-state="live"]').wait_for()
    await page.locator(".event[data-event=RenderProgressed]").first.wait_for()
    service.kill()
    hold.let_go()
    await page.locator('#line-state[data-state="away"]').wait_for()
    await service.start()
    await page.locator('#line-state[data-state="live"]').wait_for()
    await in_status(page, "completed")
    events = await service.events("killed")
    await page.locator(f'main[data-version="{len(events)}"]').wait_for()
    await page.locator(f".event >> nth={len(events) - 1}").wait_for()
    shown = await page.locator(".event").evaluate_all("all => all.map(one => Number(one.dataset.version))")
    assert shown == list(range(1, len(events) + 1))
    window.complaints = [said for said in window.complaints if "ERR_" not in said and "Not renewed" not in said]


async def test_a_sample_video_needs_no_terminal(service, window):
    await service.start()
    page = await window.open(f"{service.url}/")
    await page.get_by_role("link", name="Make a video from images").click()
    await page.get_by_role("button", name="Make the sample video").click()
    await page.locator("main[data-job-id^=sample-]").wait_for()
    await expect(page.locator(".scene")).to_have_count(5)
    await page.locator('main[data-status="rendering"]').wait_for()
    await page.get_by_text("Cancel…").click()
    await page.get_by_role("button", name="Cancel this job").click()
    await in_status(page, "cancelled")
