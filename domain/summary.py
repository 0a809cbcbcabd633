"""What lists show of a job. A field stands here, in the columns of `jobs` and in what clients read, nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from domain.job import Job
from domain.steps import waiting_for


class JobSummary(NamedTuple):
    """A job without its storyboard. `position` is that of its newest event; `video_url` is None without a file.

    A tuple, since every append makes one: a frozen dataclass of this size takes three times as long.
    """

    job_id: str
    status: str
    version: int
    position: int
    created_at: datetime
    updated_at: datetime
    percent: int
    message: str
    scenes_total: int
    scenes_completed: int
    current_scene: int | None
    estimated_completion_seconds: int | None
    estimated_cost: Decimal | None
    actual_cost: Decimal
    list_price: Decimal | None
    attempts: int
    error_message: str | None
    waiting_for: str | None
    video_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """A row of the list. `created_position` is the position of the job's first event."""

    summary: JobSummary
    created_position: int
    is_idle: bool


class Spent(NamedTuple):
    """Amounts of USD as they are stored, and how many jobs have just these."""

    estimated_cost: str | None
    actual_cost: str
    list_price: str | None
    jobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedJob:
    """A job that has ended, how many events it has, and when the last one was stored."""

    job_id: str
    version: int
    at: datetime


def summarize(job: Job, *, created_at: datetime, updated_at: datetime, position: int) -> JobSummary:
    """Return what a list shows of `job` after the event at `position`."""
    return JobSummary(
        job_id=job.job_id,
        status=str(job.status),
        version=job.version,
        position=position,
        created_at=created_at,
        updated_at=updated_at,
        percent=job.percent,
        message=job.message,
        scenes_total=len(job.storyboard),
        scenes_completed=job.scenes_completed,
        current_scene=job.current_scene,
        estimated_completion_seconds=job.estimated_completion_seconds,
        estimated_cost=job.estimated_cost,
        actual_cost=job.actual_cost,
        list_price=job.list_price,
        attempts=job.attempt,
        error_message=job.error,
        waiting_for=waiting_for(job),
        video_url=None if job.completed is None else job.completed.video_url,
    )
