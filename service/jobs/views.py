"""How jobs and events look to people and programs: plain values for JSON, the same on HTTP and on the command line.

Pure. Money is a JSON number in USD, times are RFC 3339 in UTC with a Z.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

import msgspec

from domain.job import Job
from domain.records import Recorded
from domain.summary import JobSummary, summarize
from domain.times import time_text

View = dict[str, object]


def summary_view(summary: JobSummary) -> View:
    """Return a job as a list shows it: everything but its storyboard."""
    return {
        "job_id": summary.job_id,
        "status": summary.status,
        # A refused job has no scenes: only what was approved is kept as a storyboard.
        "approved": summary.scenes_total > 0,
        "progress": {
            "current_stage": summary.status,
            "scenes_total": summary.scenes_total,
            "scenes_completed": summary.scenes_completed,
            "current_scene": summary.current_scene,
            "estimated_completion_seconds": summary.estimated_completion_seconds,
            "message": summary.message,
            "percent": summary.percent,
        },
        "video_url": summary.video_url,
        "thumbnail_url": thumbnail_url(summary.job_id) if summary.video_url else None,
        "estimated_cost": _plain(summary.estimated_cost),
        "actual_cost": _plain(summary.actual_cost),
        "attempts": summary.attempts,
        "error_message": summary.error_message,
        "waiting_for": summary.waiting_for,
        "version": summary.version,
        "position": summary.position,
        "created_at": time_text(summary.created_at),
        "updated_at": time_text(summary.updated_at),
    }


def job_view(job: Job, *, created_at: datetime, updated_at: datetime, position: int) -> View:
    """Return the whole job; `created_at` is the time of its first event, the rest belongs to its newest."""
    summary = summarize(job, created_at=created_at, updated_at=updated_at, position=position)
    return {**summary_view(summary), "storyboard": _plain(job.storyboard), "warnings": _plain(job.warnings)}


def event_view(recorded: Recorded) -> View:
    """Return a stored event; `data` is what it says, by the names it is stored under."""
    return {
        "version": recorded.version,
        "position": recorded.position,
        "type": type(recorded.event).__name__,
        "data": _plain(recorded.event),
        "metadata": dict(recorded.metadata),
        "recorded_at": time_text(recorded.recorded_at),
        "event_id": recorded.event_id,
    }


def thumbnail_url(job_id: str) -> str:
    """Return where the thumbnail of a finished video is served."""
    return f"/api/videos/{job_id}/thumbnail"


to_json: Final = msgspec.json.Encoder().encode
"""Encode a view. A figure too large for a JSON reader becomes null, never `Infinity`."""


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return float(value)
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
