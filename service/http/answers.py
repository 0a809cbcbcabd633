"""What several routes answer with: a job's history, its view, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from starlette.responses import Response

from domain.job import Job, replay
from domain.records import Recorded
from domain.summary import JobSummary, summarize
from service.http.dependencies import Dependencies
from service.http.problems import Problem
from service.intake.reading import JOB_ID
from service.jobs.views import JobView, job_view, to_json


def json_response(view: object, *, status: int = 200, location: str | None = None) -> Response:
    """Return a view as JSON."""
    headers = {} if location is None else {"Location": location}
    return Response(to_json(view), status_code=status, headers=headers, media_type="application/json")


async def history_of(dependencies: Dependencies, job_id: str) -> Sequence[Recorded]:
    """Return the events of a job. Raises Problem when there is no such job."""
    history = await dependencies.store.history(job_id) if JOB_ID.fullmatch(job_id) else ()
    if not history:
        raise Problem("job_not_found", f"No job has the id {job_id[:100]!r}")
    return history


def fold(history: Sequence[Recorded]) -> Job:
    """Return the job that this history, which is not empty, makes."""
    return replay(history[0].job_id, (recorded.event for recorded in history))


def view_of(history: Sequence[Recorded]) -> JobView:
    """Return the whole job as this history, which is not empty, leaves it."""
    return job_view(fold(history), summary_of(history))


def summary_of(history: Sequence[Recorded]) -> JobSummary:
    """Return what a list shows of the job that this history, which is not empty, makes."""
    return summarize(fold(history), **_stamps(history))


class _Stamps(TypedDict):
    created_at: datetime
    updated_at: datetime
    position: int


def _stamps(history: Sequence[Recorded]) -> _Stamps:
    newest = history[-1]
    return {"created_at": history[0].recorded_at, "updated_at": newest.recorded_at, "position": newest.position}
