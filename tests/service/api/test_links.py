"""Links that let people without a token see one video for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.service.api.house import VIDEO, open_house, problem

TOKEN = "a token of the installation"
URL = "/api/videos/a/link"


@pytest.fixture
async def locked(tmp_path):
    async with open_house(tmp_path, api_token=TOKEN) as house, httpx.AsyncClient() as stranger:
        house.client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield house, stranger


def seconds_until(text: str) -> float:
    return (datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds()


async def test_a_link_shows_a_stranger_the_video_and_its_picture(locked):
    house, stranger = locked
    await house.completed()
    answer = await house.client.post(URL, json={"expires_in_seconds": 60})
    assert answer.status_code == 201
    link = answer.json()
    assert link["video_url"].startswith(f"{house.url}/api/videos/a/data?")
    assert 50 < seconds_until(link["expires_at"]) <= 60
    assert (await stranger.get(link["video_url"])).content == VIDEO
    assert (await stranger.get(link["thumbnail_url"])).headers["content-type"] == "image/jpeg"


async def test_a_link_without_a_wish_is_good_for_a_day(locked):
    house, _ = locked
    await house.completed()
    link = (await house.client.post(URL)).json()
    assert timedelta(hours=23).total_seconds() < seconds_until(link["expires_at"]) <= timedelta(days=1).total_seconds()


async def test_who_has_a_link_cannot_make_another(locked):
    house, stranger = locked
    await house.completed()
    link = (await house.client.post(URL)).json()["video_url"]
    query = link.partition("?")[2]
    problem(await stranger.post(f"{house.url}{URL}?{query}"), 401, "unauthorized")
    problem(await stranger.post(f"{house.url}{URL}"), 401, "unauthorized")


async def test_a_job_without_a_video_has_no_link(locked):
    house, _ = locked
    problem(await house.client.post(URL), 404, "job_not_found")
    await house.approve("a")
    problem(await house.client.post(URL), 404, "video_not_found")
    await house.completed("b", stored=False)
    problem(await house.client.post(URL.replace("/a/", "/b/")), 404, "video_not_found")


@pytest.mark.parametrize(
    "body", ["[]", "{", '{"expires_in_seconds": 0}', '{"expires_in_seconds": 2592001}', '{"expires": 5}', '"day"']
)
async def test_a_wish_that_cannot_be_read_is_told(locked, body):
    house, _ = locked
    await house.completed()
    answer = await house.client.post(URL, content=body, headers={"Content-Type": "application/json"})
    problem(answer, 422, "unreadable_link")


async def test_without_a_token_the_link_is_the_plain_address(house):
    await house.completed()
    link = (await house.client.post(URL)).json()
    assert link == {
        "video_url": f"{house.url}/api/videos/a/data",
        "thumbnail_url": f"{house.url}/api/videos/a/thumbnail",
        "expires_at": None,
    }
