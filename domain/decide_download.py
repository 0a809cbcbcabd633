"""The events that a command about a finished render makes: its download, its video, the end of the job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import assert_never

from domain import commands as c
from domain import events as e
from domain.cost import above_estimate, total
from domain.job import Job, Render, RenderState, list_price
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
    # An earlier version stored a price of images with every request.
    image_cost = job.image_cost if any(render.order.bills for render in job.renders) else Decimal(0)
    actual = total([image_cost, *(cost.cost for cost in costs)])
    return e.VideoCompleted(
        video_url=command.video_url,
        size_bytes=command.size_bytes,
        sha256=command.sha256,
        duration_seconds=command.duration_seconds,
        width=command.width,
        height=command.height,
        codec=command.codec,
        actual_cost=actual,
        image_cost=image_cost,
        attempt_costs=costs,
        list_price=_list_price(command, job),
        above_estimate=above_estimate(actual, job.estimated_cost, threshold=command.threshold),
    )


def _attempt_cost(render: Render, command: c.CompleteJob, *, is_last: bool) -> e.AttemptCost:
    """Take the measured length for the attempt that made the video, the last one, unless the provider billed it."""
    cost, basis = render.cost or Decimal(0), render.basis
    prices = render.prices_or(command.prices)
    is_measured = is_last and render.state is RenderState.SUCCEEDED and prices.is_by_length
    if is_measured and render.order.bills and basis != "provider_metric":
        cost, basis = prices.of_units(command.duration_seconds), "measured_duration"
    return e.AttemptCost(attempt=render.attempt, scene=render.scene, cost=cost, basis=basis)


def _list_price(command: c.CompleteJob, job: Job) -> Decimal | None:
    """Return the list price, with the measured length of the video."""
    renders, last = job.renders, job.render
    if last is not None and last.list_price is not None and last.prices is not None:
        measured = replace(last, list_price=last.prices.of_video(command.duration_seconds))
        renders = (*renders[:-1], measured)
    return list_price(renders, images=len(job.storyboard))
