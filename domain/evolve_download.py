"""How a job changes while its video is downloaded, stored and completed."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from domain import events as e
from domain.job import DOWNLOADING_PERCENT, FINALIZING_PERCENT, Job


def after_download_event(job: Job, event: e.DownloadEvent) -> Job:
    """Return the job as the event makes it; `evolve` adds status and version."""
    match event:
        case e.DownloadAttemptFailed():
            return _attempt_failed(job, event)
        case e.VideoStored():
            return replace(job.without_wait(), stored=event, percent=FINALIZING_PERCENT, message="Finalizing...")
        case e.VideoCompleted():
            return _completed(job, event)
        case e.DownloadRetryRequested():
            return _retried(job, event)
        case _:
            assert_never(event)


def _attempt_failed(job: Job, event: e.DownloadAttemptFailed) -> Job:
    return replace(
        job,
        retry_at=event.retry_at,
        wait_seconds=event.retry_in_seconds,
        last_problem=event.reason,
        download_tries=job.download_tries + 1,
        output_url=None if event.permanent else job.output_url,
        message=f"Downloading again in {event.retry_in_seconds:g}s..." if event.retry_at else event.reason,
    )


def _completed(job: Job, event: e.VideoCompleted) -> Job:
    return replace(
        job.without_wait(),
        completed=event,
        percent=100,
        estimated_completion_seconds=0,
        message="Video rendering complete!",
    )


def _retried(job: Job, event: e.DownloadRetryRequested) -> Job:
    return replace(
        job.without_wait(),
        output_url=event.output_url,
        expires_at=event.expires_at,
        download_until=event.download_until,
        download_tries=0,
        stored=None,
        percent=DOWNLOADING_PERCENT,
        stage=None,
        error=None,
        message="Downloading video...",
    )
