"""Who gets in: other sites in a browser, wrong types, wrong names; and with a token, only who may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from service.http.auth import COOKIE, session_cookie, signed_url
from tests.service.http.harness import VIDEO, approval, image_bytes, open_harness, problem

TOKEN = "a token of the installation"
SOON = timedelta(minutes=5)


@pytest.fixture
async def locked(tmp_path):
    async with open_harness(tmp_path, api_token=TOKEN) as harness, httpx.AsyncClient(base_url=harness.url) as stranger:
        harness.client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield harness, stranger


async def test_a_form_of_another_site_cannot_command_anything(harness):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = await harness.client.post("/api/jobs", content=b"{}", headers={"Content-Type": kind})
        problem(answer, 415, "unsupported_media_type")


async def test_a_charset_beside_the_type_is_no_other_type(harness):
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = await harness.client.post(
        "/api/jobs", content=httpx.Request("POST", "/", json=approval()).content, headers=headers
    )
    assert answer.status_code == 202


async def test_a_page_of_another_site_cannot_command_anything(harness):
    await harness.approve()
    for origin in ("https://evil.example", "null", harness.url + ".evil.example", "http://127.0.0.1:1", ""):
        answer = await harness.client.post("/api/jobs/a/cancel", headers={"Origin": origin})
        problem(answer, 403, "foreign_origin")
    assert (await harness.client.post("/api/jobs/a/cancel", headers={"Origin": harness.url})).status_code == 202


async def test_a_name_that_was_made_to_point_here_is_not_answered(harness):
    for host in (
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "[::2]",
        "[",
    ):
        for path in ("/api/jobs", "/openapi.json"):
            problem(await harness.client.get(path, headers={"Host": host}), 421, "unknown_host")


async def test_every_name_of_this_machine_is_answered_on_any_port(harness):
    for host in ("localhost", "LOCALHOST:1", "127.0.0.1:9000", "[::1]:8000", "localhost."):
        assert (await harness.client.get("/api/jobs", headers={"Host": host})).status_code == 200


async def test_probes_come_by_any_name(harness):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await harness.client.get(path, headers={"Host": "reelwright:8000"})).status_code == 200


async def test_bound_to_all_addresses_without_a_token_only_addresses_are_names(tmp_path):
    async with open_harness(tmp_path, http_host="0.0.0.0") as harness:
        assert (await harness.client.get("/api/jobs", headers={"Host": "192.168.1.5:8000"})).status_code == 200
        problem(await harness.client.get("/api/jobs", headers={"Host": "video.example"}), 421, "unknown_host")


async def test_bound_to_all_addresses_with_a_token_any_name_will_do(tmp_path):
    async with open_harness(tmp_path, http_host="0.0.0.0", api_token=TOKEN) as harness:
        headers = {"Host": "video.example", "Authorization": f"Bearer {TOKEN}"}
        assert (await harness.client.get("/api/jobs", headers=headers)).status_code == 200


async def test_a_configured_name_is_known(tmp_path):
    async with open_harness(tmp_path, http_host="Video.Example") as harness:
        assert (await harness.client.get("/api/jobs", headers={"Host": "video.example:8000"})).status_code == 200


async def test_an_address_that_is_too_long_is_not_looked_at(harness):
    problem(await harness.client.get("/api/jobs/" + "a" * 3000), 414, "address_too_long")
    problem(await harness.client.get("/api/jobs?after=" + "a" * 5000), 414, "address_too_long")


async def test_every_answer_carries_the_security_headers(harness):
    for path in ("/api/jobs", "/api/nothing", "/healthz"):
        headers = (await harness.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"


async def test_without_the_token_nothing_below_api_is_told(locked):
    harness, stranger = locked
    await harness.completed()
    paths = ("/api", "/api/jobs", "/api/jobs/a", "/api/videos/a/data", "/api/stream", "/api/nothing", "/api/jobs/%00")
    for path in paths:
        answer = await stranger.get(path)
        problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    problem(await stranger.post("/api/jobs", json=approval("b")), 401, "unauthorized")
    problem(await harness.client.get("/api/jobs/b"), 404, "job_not_found")
    assert (await stranger.get("/healthz")).status_code == 200


async def test_a_wrong_token_is_no_token(locked):
    _, stranger = locked
    wrong = ("", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \xe9")
    for given in wrong:
        answer = await stranger.get("/api/jobs", headers={"Authorization": given.encode("latin-1")})
        problem(answer, 401, "unauthorized")


async def test_the_cookie_of_a_login_opens_the_api_until_it_expires(locked):
    _, stranger = locked
    good = session_cookie(token=TOKEN, expires_at=datetime.now(UTC) + SOON)
    old = session_cookie(token=TOKEN, expires_at=datetime.now(UTC) - SOON)
    forged = good.replace(good.partition(".")[0], str(int(good.partition(".")[0]) + 1000))
    other = session_cookie(token="another token", expires_at=datetime.now(UTC) + SOON)
    for cookie, status in ((good, 200), (old, 401), (forged, 401), (other, 401), ("", 401), ("9.9", 401)):
        answer = await stranger.get("/api/jobs", headers={"Cookie": f"{COOKIE}={cookie}"})
        assert answer.status_code == status, cookie


async def test_a_signed_link_opens_one_file_until_it_expires(locked):
    harness, stranger = locked
    await harness.completed("a")
    await harness.completed("b")
    link = signed_url("/api/videos/a/data", token=TOKEN, expires_at=datetime.now(UTC) + SOON)
    assert (await stranger.get(link)).content == VIDEO
    assert (await stranger.head(link)).status_code == 200
    assert (await stranger.get(link, headers={"Range": "bytes=0-3"})).content == VIDEO[:4]
    old = signed_url("/api/videos/a/data", token=TOKEN, expires_at=datetime.now(UTC) - SOON)
    other = signed_url("/api/videos/a/data", token="another token", expires_at=datetime.now(UTC) + SOON)
    for wrong in (link.replace("/a/", "/b/"), link.replace("expires=1", "expires=2"), link[:-1], old, other):
        problem(await stranger.get(wrong), 401, "unauthorized")


async def test_images_can_be_signed_too_but_nothing_else(locked):
    harness, stranger = locked
    uploaded = await harness.client.post("/api/images", content=image_bytes(), headers={"Content-Type": "image/png"})
    url = uploaded.json()["image_url"]
    await harness.approve(storyboard=[{"image_url": url}])
    for path, status in ((url, 200), ("/api/jobs/a/scenes/1/image", 200), ("/api/jobs/a", 401), ("/api/jobs", 401)):
        link = signed_url(path, token=TOKEN, expires_at=datetime.now(UTC) + SOON)
        assert (await stranger.get(link)).status_code == status, path
