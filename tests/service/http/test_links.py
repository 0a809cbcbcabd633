"""Links that let people without a token see one video for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.service.http.harness import VIDEO, open_harness, problem

TOKEN = "a token of the installation"
URL = "/api/videos/a/link"


@pytest.fixture
async def locked(tmp_path):
    async with open_harness(tmp_path, api_token=TOKEN) as harness, httpx.AsyncClient() as stranger:
        harness.client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield harness, stranger


def seconds_until(text: str) -> float:
    return (datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds()


async def test_a_link_shows_a_stranger_the_video_and_its_image(locked):
    harness, stranger = locked
    await harness.completed()
    answer = await harness.client.post(URL, json={"expires_in_seconds": 60})
    assert answer.status_code == 201
    link = answer.json()
    assert link["video_url"].startswith(f"{harness.url}/api/videos/a/data?")
    assert 50 < seconds_until(link["expires_at"]) <= 60
    assert (await stranger.get(link["video_url"])).content == VIDEO
    assert (await stranger.get(link["thumbnail_url"])).headers["content-type"] == "image/jpeg"


async def test_a_link_without_a_wish_is_good_for_a_day(locked):
    harness, _ = locked
    await harness.completed()
    link = (await harness.client.post(URL)).json()
    assert timedelta(hours=23).total_seconds() < seconds_until(link["expires_at"]) <= timedelta(days=1).total_seconds()


async def test_who_has_a_link_cannot_make_another(locked):
    harness, stranger = locked
    await harness.completed()
    link = (await harness.client.post(URL)).json()["video_url"]
    query = link.partition("?")[2]
    problem(await stranger.post(f"{harness.url}{URL}?{query}"), 401, "unauthorized")
    problem(await stranger.post(f"{harness.url}{URL}"), 401, "unauthorized")


async def test_a_job_without_a_video_has_no_link(locked):
    harness, _ = locked
    problem(await harness.client.post(URL), 404, "job_not_found")
    await harness.approve("a")
    problem(await harness.client.post(URL), 404, "video_not_found")
    await harness.completed("b", stored=False)
    problem(await harness.client.post(URL.replace("/a/", "/b/")), 404, "video_not_found")


@pytest.mark.parametrize(
    "body", ["[]", "{", '{"expires_in_seconds": 0}', '{"expires_in_seconds": 2592001}', '{"expires": 5}', '"day"']
)
async def test_a_wish_that_cannot_be_read_is_told(locked, body):
    harness, _ = locked
    await harness.completed()
    answer = await harness.client.post(URL, content=body, headers={"Content-Type": "application/json"})
    problem(answer, 422, "unreadable_link")


async def test_without_a_token_the_link_is_the_plain_address(harness):
    await harness.completed()
    link = (await harness.client.post(URL)).json()
    assert link == {
        "video_url": f"{harness.url}/api/videos/a/data",
        "thumbnail_url": f"{harness.url}/api/videos/a/thumbnail",
        "expires_at": None,
    }
