"""The events that a command about a finished render makes: its download, its video, the end of the job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import assert_never

from domain import commands as c
from domain import events as e
from domain.cost import above_estimate, total
from domain.job import Job, Render, RenderState
from domain.retry import download_wait_seconds
from domain.warnings import not_as_asked


def decide_download(command: c.DownloadCommand, job: Job) -> Sequence[e.Event]:
    """Return the events, oldest first."""
    match command:
        case c.FailDownload():
            return _fail(command, job)
        case c.StoreVideo():
            stored = _store(command, job)
            return [] if job.stored == stored else [stored]
        case c.CompleteJob():
            return [_complete(command, job)]
        case _:
            assert_never(command)


def _fail(command: c.FailDownload, job: Job) -> Sequence[e.Event]:
    wait, left = download_wait_seconds(job.download_tries + 1), download_seconds_left(job, command)
    if left is not None and left > 0:
        # The last try comes right at the end: a paid output is fetched for as long as it may exist.
        wait = min(wait, round(left, 6))
    retry_at = command.at + timedelta(seconds=wait)
    gives_up = command.permanent or (left is not None and wait > left)
    failed = e.DownloadAttemptFailed(
        attempt=job.attempt,
        reason=command.reason,
        retry_at=None if gives_up else retry_at,
        retry_in_seconds=None if gives_up else wait,
        permanent=command.permanent,
    )
    return [failed, e.JobFailed(stage="downloading", reason=_final_reason(command, job))] if gives_up else [failed]


def download_seconds_left(job: Job, command: c.FailDownload) -> float | None:
    """Return how long the output may still be fetched; None: there is no limit."""
    if job.download_until is None:
        return None
    return (job.download_until - command.at).total_seconds() + command.ahead_seconds


def _final_reason(command: c.FailDownload, job: Job) -> str:
    """Add the address and expiry of a paid output that a person may still fetch."""
    if command.permanent or job.output_url is None or not job.output_url.startswith(("https://", "http://")):
        return command.reason
    until = f", which expires at {job.expires_at:%Y-%m-%d %H:%M:%S} UTC" if job.expires_at else ""
    return f"{command.reason} (the output is at {job.output_url}{until})"


def _store(command: c.StoreVideo, job: Job) -> e.VideoStored:
    return e.VideoStored(
        size_bytes=command.size_bytes,
        sha256=command.sha256,
        duration_seconds=command.duration_seconds,
        warnings=not_as_asked(
            job.output,
            asked_seconds=job.asked_seconds(job.render),
            seconds=command.duration_seconds,
            width=command.width,
            height=command.height,
        ),
    )


def _complete(command: c.CompleteJob, job: Job) -> e.Event:
    costs = tuple(
        _attempt_cost(render, command, is_last=render is job.render)
        for render in job.renders
        if render.cost is not None
    )
    actual = total([job.image_cost, *(cost.cost for cost in costs)])
    return e.VideoCompleted(
        video_url=command.video_url,
        size_bytes=command.size_bytes,
        sha256=command.sha256,
        duration_seconds=command.duration_seconds,
        width=command.width,
        height=command.height,
        codec=command.codec,
        actual_cost=actual,
        image_cost=job.image_cost,
        attempt_costs=costs,
        above_estimate=above_estimate(actual, job.estimated_cost, threshold=command.threshold),
    )


def _attempt_cost(render: Render, command: c.CompleteJob, *, is_last: bool) -> e.AttemptCost:
    """Take the measured length for the attempt that made the video, the last one, unless the provider billed it."""
    cost, basis = render.cost or Decimal(0), render.basis
    if is_last and render.state is RenderState.SUCCEEDED and basis != "provider_metric":
        cost, basis = command.prices.of_seconds(command.duration_seconds), "measured_duration"
    return e.AttemptCost(attempt=render.attempt, scene=render.scene, cost=cost, basis=basis)
