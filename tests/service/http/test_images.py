"""Uploaded images, and the images of scenes."""

from __future__ import annotations

import hashlib

import pytest

from tests.fixtures.http import FileHost, Page
from tests.service.http.harness import image_bytes, problem


async def upload(harness, data: bytes, kind: str = "image/png"):
    return await harness.client.post("/api/images", content=data, headers={"Content-Type": kind})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_an_uploaded_image_comes_back_as_it_was(harness, kind):
    data = image_bytes(kind=kind)
    answer = await upload(harness, data, f"image/{kind.lower()}")
    assert answer.status_code == 201
    assert answer.json() == {"image_url": f"/api/images/{hashlib.sha256(data).hexdigest()}"}
    assert answer.headers["location"] == answer.json()["image_url"]
    back = await harness.client.get(answer.json()["image_url"])
    assert back.content == data
    assert back.headers["content-type"] == f"image/{kind.lower()}"
    assert back.headers["x-content-type-options"] == "nosniff"


async def test_an_uploaded_image_is_known_by_its_tag(harness):
    url = (await upload(harness, image_bytes())).json()["image_url"]
    tag = (await harness.client.head(url)).headers["etag"]
    assert tag == f'"{url.rpartition("/")[2]}"'
    assert (await harness.client.get(url, headers={"If-None-Match": tag})).status_code == 304


async def test_what_is_no_whole_image_is_refused(harness):
    whole = image_bytes((400, 300), "JPEG")
    for data in (b"", b"not an image", whole[: len(whole) // 2]):
        problem(await upload(harness, data), 422, "image_refused")


async def test_an_image_above_25_mb_is_not_read(harness):
    problem(await upload(harness, b"\x89PNG" + bytes(26 * 1024 * 1024)), 413, "body_too_large")


async def test_other_types_are_not_taken(harness):
    for kind in ("application/json", "image/svg+xml", "image/gif", "text/plain"):
        problem(await upload(harness, image_bytes(), kind), 415, "unsupported_media_type")


async def test_an_image_that_was_not_uploaded_is_not_found(harness):
    for name in ("0" * 64, "x", "..%2F..%2Freelwright.db"):
        answer = await harness.client.get(f"/api/images/{name}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_scene_shows_an_uploaded_image(harness):
    url = (await upload(harness, image_bytes())).json()["image_url"]
    await harness.approve(storyboard=[{"image_url": url}])
    shown = await harness.client.get("/api/jobs/a/scenes/1/image")
    assert shown.content == image_bytes()
    assert shown.headers["content-type"] == "image/png"


async def test_a_scene_is_fetched_once_and_shown_from_the_cache(harness):
    async with FileHost() as host:
        host.pages["/1.png"] = Page(body=image_bytes())
        await harness.approve(storyboard=[{"image_url": host.url("/1.png")}])
        for _ in range(3):
            assert (await harness.client.get("/api/jobs/a/scenes/1/image")).content == image_bytes()
        assert len(host.asked) == 1


async def test_a_scene_whose_image_is_gone_shows_a_drawing(harness):
    async with FileHost() as host:
        host.pages["/1.png"] = Page(status=404)
        await harness.approve(storyboard=[{"image_url": host.url("/1.png")}, {"image_url": "/etc/passwd"}])
        for scene in (1, 2):
            shown = await harness.client.get(f"/api/jobs/a/scenes/{scene}/image")
            assert shown.status_code == 200
            assert shown.headers["content-type"] == "image/svg+xml"
            assert shown.headers["cache-control"] == "no-store"
            assert "default-src 'none'" in shown.headers["content-security-policy"]


async def test_a_scene_that_the_storyboard_does_not_have_is_not_found(harness):
    await harness.approve()
    for number in (0, 3, -1, 10**30):
        answer = await harness.client.get(f"/api/jobs/a/scenes/{number}/image")
        problem(answer, 404, "scene_not_found")
    problem(await harness.client.get("/api/jobs/a/scenes/x/image"), 422, "invalid_parameter")
    problem(await harness.client.get("/api/jobs/b/scenes/1/image"), 404, "job_not_found")
