"""The pages as they come over the line: headers, errors, addresses that make no sense."""

from __future__ import annotations

import pytest

from domain.errors import Unavailable
from tests.service.http.harness import open_harness

PAGES = ("/", "/new", "/health", "/asyncapi", "/jobs/a")


@pytest.fixture
async def harness(tmp_path):
    async with open_harness(tmp_path) as opened:
        await opened.approve("a")
        yield opened


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_lets_nothing_in_but_its_own_files(harness, path):
    answer = await harness.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text


@pytest.mark.parametrize("path", PAGES)
async def test_head_says_what_get_would_say(harness, path):
    answer = await harness.client.head(path)
    assert answer.status_code == 200
    assert answer.content == b""


async def test_the_page_names_its_job_and_state_once(harness):
    text = (await harness.client.get("/jobs/a")).text
    assert text.count("data-job-id=") == 1
    assert 'data-job-id="a" data-status="approved"' in text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/jobs/none", 404, "There is no such job"),
        ("/jobs/%3Cscript%3E", 404, "There is no such job"),
        ("/jobs/a?version=9", 404, "The job has the versions 1 to 1"),
        ("/jobs/a?version=x", 404, "The job has the versions 1 to 1"),
        ("/jobs/a?version=" + "9" * 400, 404, "The job has the versions 1 to 1"),
        ("/?after=x", 422, "A parameter is wrong"),
    ],
)
async def test_what_cannot_be_shown_is_explained(harness, path, status, said):
    answer = await harness.client.get(path)
    assert answer.status_code == status
    assert said in answer.text
    assert "<script>" not in answer.text
    assert "All jobs" in answer.text


async def test_a_page_says_which_part_is_away(harness):
    async def away(*_args, **_kwargs):
        raise Unavailable("the database does not answer", retry_after_seconds=2)

    harness.dependencies.log_signal.head = away
    answer = await harness.client.get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert "the database does not answer" in answer.text
    assert 'href="/health"' in answer.text


async def test_health_names_what_fails_and_why(harness):
    async def fails():
        return False, "connection refused"

    async def works():
        return True, "3 events"

    harness.checks.update(nats=fails, database=works)
    text = (await harness.client.get("/health")).text
    assert "Something is wrong" in text
    assert "connection refused" in text
    assert text.index('data-check="nats" data-ok="false"') < text.index('data-check="database" data-ok="true"')


async def test_health_tells_how_the_provider_answers_though_readiness_does_not_hang_on_it(tmp_path):
    async with open_harness(
        tmp_path, renderer="replicate", replicate_model="owner/film", replicate_api_token="t"
    ) as harness:
        harness.provider.record("402")
        text = (await harness.client.get("/health")).text
        assert 'data-check="provider" data-ok="false"' in text
        assert "it wants to be paid (402)" in text
        assert (await harness.client.get("/readyz")).status_code == 200


async def test_the_bus_is_shown_with_every_subject_and_asks_nobody(harness):
    text = (await harness.client.get("/asyncapi")).text
    for subject in ("storyboard.approved", "video.progress", "video.completed", "reelwright.cancel"):
        assert f'data-subject="{subject}"' in text
    assert "Nats-Msg-Id" in text
    assert "estimated_completion_seconds" in text
    assert "http://" not in text
    assert "https://" not in text


async def test_files_may_be_kept_for_ever_under_the_address_of_their_content(harness):
    text = (await harness.client.get("/")).text
    address = text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    kept = await harness.client.get(address)
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["content-type"].startswith("text/css")
    old = await harness.client.get("/static/0123456789ab/base.css")
    assert old.headers["cache-control"] == "no-store"
    assert (await harness.client.get("/static/x/..%2fpage.py")).status_code == 404
    assert (await harness.client.get("/static/x/secret.py")).status_code == 404


async def test_a_job_that_nobody_has_yet_says_how_many_are_before_it(harness):
    for job_id in ("one", "two", "three"):  # the fixture has approved a job "a" already
        await harness.approve(job_id)
    assert "waits for a free worker, 3 before it" in (await harness.client.get("/jobs/three")).text
    assert "Nobody holds a lease." in (await harness.client.get("/health")).text
