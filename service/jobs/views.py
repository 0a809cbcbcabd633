"""Jobs and events as typed values for JSON, the same on HTTP and on the command line; OpenAPI is made from them.

Pure. Money is a JSON number in USD, times are RFC 3339 in UTC with a Z.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Final, Literal, cast

import msgspec

from domain.job import Job
from domain.job_id import JOB_ID
from domain.records import Recorded
from domain.storyboard import Scene
from domain.summary import JobSummary
from domain.times import time_text
from domain.warnings import JobWarning
from service.jobs.listing import JobPage

StatusName = Literal["approved", "rendering", "downloading", "completed", "failed", "cancelled"]
JobName = Annotated[str, msgspec.Meta(pattern=f"^{JOB_ID.pattern}$")]
Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
WaitsFor = Annotated[str | None, msgspec.Meta(description="why nothing happens right now, in one sentence")]
Version = Annotated[int, msgspec.Meta(ge=1, description="how many events the job has")]
Position = Annotated[int, msgspec.Meta(ge=1, description="of its newest event; where to begin the live stream")]
ListPrice = Annotated[
    Decimal | None,
    msgspec.Meta(
        description="what a renderer that sends no bill would have cost; nobody was paid. null: all is billed"
    ),
]
NextCursor = Annotated[str | None, msgspec.Meta(description="`after` of the next page; null on the last")]


class JsonView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of all answers: exactly these members, in this order."""


class ProgressView(JsonView, frozen=True, kw_only=True):
    """How far a job is."""

    current_stage: StatusName
    scenes_total: int
    scenes_completed: int
    current_scene: int | None
    estimated_completion_seconds: int | None
    message: str
    percent: Percent


class JobSummaryView(JsonView, frozen=True, kw_only=True):
    """A job as lists and the live stream show it: all but its storyboard and warnings. Money is USD."""

    job_id: JobName
    status: StatusName
    approved: bool
    progress: ProgressView
    video_url: str | None
    thumbnail_url: str | None
    estimated_cost: Decimal | None
    actual_cost: Decimal
    list_price: ListPrice
    attempts: int
    error_message: str | None
    waiting_for: WaitsFor
    version: Version
    position: Position
    created_at: Moment
    updated_at: Moment


class JobView(JobSummaryView, frozen=True, kw_only=True):
    """A whole job."""

    storyboard: tuple[Scene, ...]
    warnings: tuple[JobWarning, ...]


class JobPageView(JsonView, frozen=True, kw_only=True):
    """A page of the list."""

    jobs: list[JobSummaryView]
    next: NextCursor


class EventView(JsonView, frozen=True, kw_only=True):
    """A stored event. `data` has the fields of its type, with their stored names."""

    version: int
    position: int
    type: str
    data: dict[str, Any]
    metadata: dict[str, str]
    recorded_at: Moment
    event_id: str


def summary_view(summary: JobSummary) -> JobSummaryView:
    """Return a job as a list shows it."""
    status = cast("StatusName", summary.status)
    return JobSummaryView(
        job_id=summary.job_id,
        status=status,
        # A refused job has no scenes.
        approved=summary.scenes_total > 0,
        progress=ProgressView(
            current_stage=status,
            scenes_total=summary.scenes_total,
            scenes_completed=summary.scenes_completed,
            current_scene=summary.current_scene,
            estimated_completion_seconds=summary.estimated_completion_seconds,
            message=summary.message,
            percent=summary.percent,
        ),
        video_url=summary.video_url,
        thumbnail_url=thumbnail_url(summary.job_id) if summary.video_url else None,
        estimated_cost=_readable(summary.estimated_cost),
        actual_cost=summary.actual_cost,
        list_price=summary.list_price,
        attempts=summary.attempts,
        error_message=summary.error_message,
        waiting_for=summary.waiting_for,
        version=summary.version,
        position=summary.position,
        created_at=time_text(summary.created_at),
        updated_at=time_text(summary.updated_at),
    )


def job_view(job: Job, summary: JobSummary) -> JobView:
    """Return the whole job: its summary, its storyboard and its warnings."""
    return JobView(**msgspec.structs.asdict(summary_view(summary)), storyboard=job.storyboard, warnings=job.warnings)


def page_view(page: JobPage) -> JobPageView:
    """Return a page of the list."""
    return JobPageView(jobs=[summary_view(job) for job in page.jobs], next=page.next_cursor)


def event_view(recorded: Recorded) -> EventView:
    """Return a stored event."""
    return EventView(
        version=recorded.version,
        position=recorded.position,
        type=type(recorded.event).__name__,
        data={field.name: _plain(getattr(recorded.event, field.name)) for field in fields(recorded.event)},
        metadata=dict(recorded.metadata),
        recorded_at=time_text(recorded.recorded_at),
        event_id=recorded.event_id,
    )


def thumbnail_url(job_id: str) -> str:
    """Return where the thumbnail of a finished video is served."""
    return f"/api/videos/{job_id}/thumbnail"


to_json: Final = msgspec.json.Encoder(decimal_format="number").encode
"""Encode a view. Money is exact; an infinite number becomes null."""


def _readable(amount: Decimal | None) -> Decimal | None:
    """Return an amount that readers of JSON can hold, None for a larger one, as earlier versions took."""
    return None if amount is None or math.isinf(float(amount)) else amount


def _plain(value: object) -> object:
    match value:
        case datetime():
            return time_text(value)
        case Enum():
            return value.value
        case tuple() | list():
            return [_plain(item) for item in value]
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case _ if is_dataclass(value):
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value
