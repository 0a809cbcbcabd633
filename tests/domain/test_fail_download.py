"""A failed download never renders again: it is tried again with growing waits, until its deadline."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.machine import Status
from domain.steps import StepKind, next_steps
from tests.domain.scenario import (
    AT,
    EXPIRES,
    STAGES,
    UNTIL,
    URL,
    accept,
    accepted,
    downloading,
    fail_download,
    given,
    only,
    request,
    retry,
    succeed,
)


def test_a_failed_download_is_tried_again_soon() -> None:
    assert decide(fail_download(), downloading()) == (
        e.DownloadAttemptFailed(
            attempt=1, reason="Network error: reset", retry_at=AT + timedelta(seconds=2), retry_in_seconds=2.0
        ),
    )


def test_it_waits_longer_each_time() -> None:
    job, waits = downloading(), []
    for _ in range(10):
        job = given(fail_download(), job=job)
        waits.append(job.wait_seconds)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_failed_download_never_renders_again() -> None:
    job = given(fail_download(), job=downloading())
    assert (job.status, next_steps(job), job.attempt) == (Status.DOWNLOADING, only(StepKind.DOWNLOAD), 1)


@pytest.mark.parametrize(
    ("at", "gives_up"),
    [(UNTIL - timedelta(seconds=2), False), (UNTIL - timedelta(seconds=1.9), False), (UNTIL, True)],
)
def test_it_is_given_up_when_the_deadline_has_come(at: datetime, gives_up: bool) -> None:
    job = given(fail_download(at=at), job=downloading())
    assert (job.status is Status.FAILED) is gives_up


def test_the_last_try_comes_at_the_deadline_itself() -> None:
    """It was given up as soon as the next wait reached beyond: up to five minutes before a paid output expired."""
    (failed,) = decide(fail_download(at=UNTIL - timedelta(seconds=1.5)), downloading())
    assert failed == e.DownloadAttemptFailed(
        attempt=1, reason="Network error: reset", retry_at=UNTIL, retry_in_seconds=1.5
    )


def test_the_job_fails_with_the_last_reason_and_says_where_the_paid_output_is() -> None:
    """It said the reason alone, and nobody could fetch by hand what had been paid."""
    _, ended = decide(fail_download("Not a valid video: cut", UNTIL), downloading())
    assert ended == e.JobFailed(
        stage="downloading",
        reason=f"Not a valid video: cut (the output is at {URL}, which expires at 2026-11-22 19:00:00 UTC)",
    )


def test_an_output_without_an_expiry_is_named_without_one() -> None:
    job = given(succeed(expires_at=None), job=accepted())
    assert given(fail_download(at=UNTIL), job=job).error == f"Network error: reset (the output is at {URL})"


@pytest.mark.parametrize("output_url", ["local:token-1", "data:video/mp4;base64,AAAA"])
def test_an_output_that_no_person_can_fetch_is_not_named(output_url: str) -> None:
    job = given(succeed(output_url=output_url), job=accepted())
    assert given(fail_download(at=UNTIL), job=job).error == "Network error: reset"


def test_what_can_never_be_downloaded_fails_at_once() -> None:
    failed, ended = decide(fail_download("gone", permanent=True), downloading())
    assert failed == e.DownloadAttemptFailed(
        attempt=1, reason="gone", retry_at=None, retry_in_seconds=None, permanent=True
    )
    assert ended == e.JobFailed(stage="downloading", reason="gone")


def test_an_output_that_is_gone_is_rendered_again_by_a_retry() -> None:
    """A local output that was lost with its disk has no expiry: every retry downloaded, failed, and so for ever."""
    lost = given(succeed(output_url="local:token-1", expires_at=None), job=accepted())
    job = given(fail_download("gone", permanent=True), retry(), job=lost)
    assert (job.status, job.last_event) == (Status.APPROVED, "RetryRequested")


def test_an_output_that_is_still_there_is_downloaded_again_by_a_retry() -> None:
    job = given(fail_download(at=UNTIL), retry(UNTIL), job=downloading())
    assert (job.status, job.download_until) == (Status.DOWNLOADING, EXPIRES)


def test_the_output_of_another_render_is_waited_for_from_the_start() -> None:
    lost = given(fail_download(), fail_download(permanent=True), retry(), job=downloading())
    job = given(request("token-2"), accept("token-2", "render-2"), succeed("token-2"), fail_download(), job=lost)
    assert job.wait_seconds == 2


@pytest.mark.parametrize("name", [name for name in STAGES if name not in {"downloading", "stored"}])
def test_elsewhere_it_is_an_illegal_move(name: str) -> None:
    with pytest.raises(IllegalMove):
        decide(fail_download(), STAGES[name])
