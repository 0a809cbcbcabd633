"""What an operator's retry means: a new render, a new download, or an answer about an unresolved one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain import events as e
from domain.commands import Retry
from domain.decide import decide
from domain.errors import IllegalMove
from domain.machine import Status
from domain.steps import StepKind, next_steps
from tests.domain.scenario import (
    AT,
    EXPIRES,
    STAGES,
    TIMEOUT,
    URL,
    downloading,
    failed,
    failed_download,
    given,
    only,
    request,
    retry,
    settle,
    store,
    stored,
    timed_out,
)


def test_a_failed_job_goes_back_to_approved() -> None:
    assert decide(retry(), failed()) == (e.RetryRequested(by="ada"),)
    job = given(retry(), job=failed())
    assert (job.status, job.error, job.stage, job.percent, next_steps(job)) == (
        Status.APPROVED,
        None,
        None,
        0,
        only(StepKind.REQUEST),
    )


def test_while_a_paid_output_is_there_a_retry_only_downloads_it_again() -> None:
    assert decide(retry(), failed_download()) == (
        e.DownloadRetryRequested(
            by="ada", output_url=URL, expires_at=EXPIRES, download_until=AT + timedelta(seconds=3300)
        ),
    )


def test_a_new_download_has_all_its_tries_and_no_error() -> None:
    job = given(retry(), job=failed_download())
    assert (job.status, job.download_tries, job.error, job.message, job.percent) == (
        Status.DOWNLOADING,
        0,
        None,
        "Downloading video...",
        96,
    )


def test_the_new_download_ends_with_the_output() -> None:
    (event,) = decide(retry(EXPIRES - timedelta(seconds=60)), failed_download())
    assert isinstance(event, e.DownloadRetryRequested)
    assert event.download_until == EXPIRES


def test_how_long_an_output_may_be_downloaded_comes_with_the_command() -> None:
    (event,) = decide(Retry(by="ada", at=AT, download_seconds=10), failed_download())
    assert isinstance(event, e.DownloadRetryRequested)
    assert event.download_until == AT + timedelta(seconds=10)


def test_a_clock_that_is_ahead_does_not_make_an_output_expire() -> None:
    """A retry paid for another render, though the provider still showed the first one's output."""
    late = replace(retry(EXPIRES + timedelta(hours=1)), ahead_seconds=7200.0)
    (event,) = decide(late, failed_download())
    assert isinstance(event, e.DownloadRetryRequested)
    assert event.expires_at == EXPIRES + timedelta(hours=2)


def test_an_expired_output_is_rendered_again() -> None:
    job = given(retry(EXPIRES), job=failed_download())
    assert (job.status, job.last_event, job.output_url) == (Status.APPROVED, "RetryRequested", None)


def test_a_stored_file_that_was_changed_is_downloaded_again_by_a_retry() -> None:
    """The job remembered the file as stored: each retry looked at it, found it changed, and failed again."""
    job = given(TIMEOUT, retry(), job=stored())
    assert (job.status, job.stored, next_steps(job)) == (Status.DOWNLOADING, None, only(StepKind.DOWNLOAD))
    assert next_steps(given(store("b" * 64), job=job)) == only(StepKind.COMPLETE)


def test_while_a_render_is_still_being_ended_a_retry_is_refused() -> None:
    """The retried job forgot the open render: it ran on at the provider, was paid, and never appeared in the cost."""
    with pytest.raises(IllegalMove, match="still being ended: retry when it is settled"):
        decide(retry(), timed_out())


def test_when_the_render_is_settled_the_retry_is_taken() -> None:
    job = given(settle(), retry(), request("token-2"), job=timed_out())
    assert (job.status, job.attempt, len(job.open_renders)) == (Status.RENDERING, 2, 1)


def test_a_refused_job_wants_a_new_approval() -> None:
    with pytest.raises(IllegalMove, match="a refused job wants a new approval"):
        decide(retry(), STAGES["refused"])


@pytest.mark.parametrize(
    "name", [name for name, job in STAGES.items() if job.status is not Status.FAILED and name != "unresolved"]
)
def test_what_has_not_failed_is_not_retried(name: str) -> None:
    with pytest.raises(IllegalMove, match="RetryRequested is not possible"):
        decide(retry(), STAGES[name])


def test_a_retry_of_a_download_keeps_what_the_render_cost() -> None:
    assert given(retry(), job=failed_download()).actual_cost == downloading().actual_cost
