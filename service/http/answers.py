"""What several routes share: a job's history, a command to a job, and JSON as an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from domain.errors import IllegalMove, NotFound
from domain.job import Job
from domain.job_id import JOB_ID
from service.http.dependencies import Dependencies
from service.http.middleware import unavailable
from service.http.problems import Problem
from service.jobs.history import JobHistory, read_history
from service.jobs.render_lookup import ProviderUnavailable, RenderNotFound
from service.jobs.views import to_json


def json_response(view: object, *, status: int = 200, location: str | None = None) -> Response:
    """Return a view as JSON."""
    headers = {} if location is None else {"Location": location}
    return Response(to_json(view), status_code=status, headers=headers, media_type="application/json")


async def history_of(dependencies: Dependencies, job_id: str) -> JobHistory:
    """Return the events of a job. Raises Problem when there is no such job."""
    history = await read_history(dependencies.store, job_id) if JOB_ID.fullmatch(job_id) else None
    if history is None:
        raise _unknown(job_id)
    return history


async def execute(dependencies: Dependencies, job_id: str, operation: Callable[[str], Awaitable[Job]]) -> Job:
    """Return the job after an operation. Raises Problem when there is none, or it is not possible now."""
    if not JOB_ID.fullmatch(job_id):
        raise _unknown(job_id)
    try:
        return await operation(job_id)
    except RenderNotFound as error:
        raise Problem("render_not_found", str(error), facts={"job_id": job_id}) from error
    except NotFound as error:
        raise _unknown(job_id) from error
    except ProviderUnavailable as error:
        raise unavailable(error, code="provider_unavailable", facts={"job_id": job_id}) from error
    except IllegalMove as error:
        raise _illegal((await history_of(dependencies, job_id)).job, error) from error


def _unknown(job_id: str) -> Problem:
    return Problem("job_not_found", f"No job has the id {job_id[:100]!r}")


def _illegal(job: Job, error: IllegalMove) -> Problem:
    facts = {"job_id": job.job_id, "job_status": str(job.status)}
    if job.last_event == "StoryboardRefused":
        return Problem("needs_approval", f"Job {job.job_id} was refused: {job.error}", facts=facts)
    return Problem("illegal_move", str(error), facts=facts)
