"""The form for a storyboard with scripts: files, more scenes, what it will cost; and forms of other sites."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.service.http.harness import image_bytes

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def file(name, data, kind="image/png"):
    return {"name": name, "mimeType": kind, "buffer": data}


async def test_images_from_the_computer_become_scenes(harness, window):
    page = await window.open(f"{harness.url}/new")
    files = [file(f"{number}.png", image_bytes((8 + number, 6))) for number in range(4)]
    await page.locator("#files").set_input_files(files)
    await page.locator(".preview:visible").nth(3).wait_for()
    await expect(page.locator("#estimate")).to_contain_text("4 scenes, 12.0 s: about $1.21")
    await page.get_by_role("button", name="Approve and render").click()
    await page.locator("main[data-job-id^=video-]").wait_for()
    images = page.locator(".scene img")
    await expect(images).to_have_count(4)
    await page.wait_for_function("() => [...document.images].every(image => image.naturalWidth > 0)")


async def test_what_is_no_image_is_refused_with_the_reason(harness, window, tmp_path):
    page = await window.open(f"{harness.url}/new")
    await page.locator("#files").set_input_files([file("good.png", image_bytes()), file("bad.png", image_bytes()[:40])])
    await page.get_by_text("bad.png:").wait_for()
    await page.locator("#files").set_input_files([file("page.html", b"<p>", "text/html")])
    await page.get_by_text("page.html: not a JPEG, PNG or WebP image").wait_for()
    large = tmp_path / "large.png"
    with large.open("wb") as made:
        made.truncate(25 * 1024 * 1024 + 1)
    await page.locator("#files").set_input_files(large)
    await page.get_by_text("large.png: larger than 25 MB").wait_for()
    window.complaints.clear()  # the browser notes the 422


async def test_scenes_are_added_and_taken_away(harness, window):
    page = await window.open(f"{harness.url}/new")
    await page.get_by_role("button", name="Add a scene").click()
    await expect(page.locator(".scene-field")).to_have_count(4)
    for number in (1, 4):
        await page.locator(f"#image_url-{number}").fill(f"https://images.example/{number}.png")
    await page.get_by_role("button", name="Remove").first.click()
    await page.get_by_label("Name of the job").fill("one")
    await page.get_by_role("button", name="Approve and render").click()
    await page.locator("main[data-job-id=one]").wait_for()
    job = await harness.repository.load("one")
    assert [scene.image_url for scene in job.storyboard] == ["https://images.example/4.png"]


async def test_a_name_that_is_taken_is_told(harness, window):
    await harness.approve("taken")
    page = await window.open(f"{harness.url}/new")
    await page.locator("#image_url-1").fill("https://images.example/other.png")
    await page.get_by_label("Name of the job").fill("taken")
    await page.get_by_role("button", name="Approve and render").click()
    await page.get_by_text("The job_id is taken by another storyboard").wait_for()
    window.complaints.clear()  # the browser notes the 409


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize("path", ["/new", "/new/sample", "/jobs/a/cancel", "/jobs/a/retry"])
async def test_a_form_of_another_site_changes_nothing(harness, path, origin):
    await harness.approve("a")
    headers = FORM if origin is None else {**FORM, "Origin": origin}
    answer = await harness.client.post(path, content="image_url-1=https://evil.example/1.png", headers=headers)
    assert answer.status_code == 403
    assert (await harness.dependencies.jobs.counts()) == {"approved": 1}
    assert (await harness.repository.load("a")).version == 1


async def test_the_interface_takes_no_forms(harness):
    answer = await harness.client.post("/api/jobs/a/cancel", content="a=b", headers={**FORM, "Origin": harness.url})
    assert answer.status_code == 415
