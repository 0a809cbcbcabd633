"""`link` signs as the service does, from the settings alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.http.auth import signed_url
from tests.service.cli.calling import Caller

TOKEN = "a token of the installation"
PLACE = {"REELWRIGHT_NATS_URL": "nats://127.0.0.1:4222", "REELWRIGHT_HTTP_PORT": "8123"}


def test_a_link_is_what_the_service_would_sign(stories: Caller) -> None:
    answer = stories("link", "done", "--for", "15m", "--json", **PLACE, REELWRIGHT_API_TOKEN=TOKEN)
    link = answer.json
    expires_at = datetime.fromisoformat(link["expires_at"])
    assert 800 < (expires_at - datetime.now(UTC)).total_seconds() <= 900
    for name, url in (("data", link["video_url"]), ("thumbnail", link["thumbnail_url"])):
        path = f"/api/videos/done/{name}"
        assert url == "http://127.0.0.1:8123" + signed_url(path, token=TOKEN, expires_at=expires_at)


def test_the_link_alone_is_on_stdout(stories: Caller) -> None:
    answer = stories("link", "done", **PLACE, REELWRIGHT_API_TOKEN=TOKEN)
    assert answer.code == 0
    assert len(answer.out.splitlines()) == 1
    assert "Anybody sees it until" in answer.err


def test_without_a_token_it_says_that_nothing_expires(stories: Caller) -> None:
    answer = stories("link", "done", **PLACE)
    assert answer.out == "http://127.0.0.1:8123/api/videos/done/data\n"
    assert "No REELWRIGHT_API_TOKEN is set" in answer.err


def test_a_job_without_a_video_exits_1_and_says_why(stories: Caller) -> None:
    answer = stories("link", "broken", **PLACE)
    assert answer.code == 1
    assert "failed" in answer.problem["why"]


@pytest.mark.parametrize("span", ["soon", "0h", "31d", "-1h", "5"])
def test_a_time_that_makes_no_sense_is_a_wrong_call(stories: Caller, span: str) -> None:
    assert stories("link", "done", "--for", span, **PLACE).code == 2
