"""Orders to a job: cancel it, or try it again."""

from __future__ import annotations

from typing import Annotated

import msgspec
import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.commands import Cancel, Retry
from domain.errors import IllegalMove
from domain.job import Job
from service.http import examples
from service.http.answers import fold, history_of, json_response, view_of
from service.http.dependencies import Dependencies
from service.http.limits import LARGEST_COMMAND_BYTES, read_body
from service.http.openapi import ACCEPTED, errors, optional_body, router_of
from service.http.problems import Problem
from service.jobs.operations import LONGEST_NAME, LONGEST_REASON, JobOperations

log = structlog.get_logger()


class CommandBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants it, and why."""

    by: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)] = "api"
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] | None = None


_decoder = msgspec.json.Decoder(CommandBody)


def routes(dependencies: Dependencies, *, download_seconds: float) -> APIRouter:
    """Return the routes that give orders. `download_seconds`: how long a retried download may take."""
    router, commands = router_of("orders"), CommandRoutes(dependencies, download_seconds=download_seconds)
    for path, endpoint, summary in (
        ("/api/jobs/{job_id}/cancel", commands.cancel, "Cancel a job that is under way"),
        ("/api/jobs/{job_id}/retry", commands.retry, "Try a failed job again"),
    ):
        router.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            status_code=202,
            summary=summary,
            responses={**ACCEPTED, **errors(401, 403, 404, 409, 413, 415, 422, 503)},
            openapi_extra=optional_body(CommandBody, example=examples.COMMAND),
        )
    return router


class CommandRoutes:
    """Gives orders to jobs as they stand in the store."""

    def __init__(self, dependencies: Dependencies, *, download_seconds: float) -> None:
        self._dependencies = dependencies
        self._operations = JobOperations(
            dependencies.repository, now=dependencies.now, download_seconds=download_seconds
        )

    async def cancel(self, job_id: str, request: Request) -> Response:
        """Cancel a job; what it has cost so far stays."""
        body = await _read(request)
        return await self._give(job_id, Cancel(by=body.by, reason=body.reason))

    async def retry(self, job_id: str, request: Request) -> Response:
        """Try a failed job again: its download where the video is still to be had, else the render."""
        body = await _read(request)
        return await self._give(job_id, self._operations.retry_by(body.by))

    async def _give(self, job_id: str, command: Cancel | Retry) -> Response:
        await history_of(self._dependencies, job_id)
        try:
            await self._operations.give(job_id, command)
        except IllegalMove as error:
            raise _illegal(fold(await history_of(self._dependencies, job_id)), error) from error
        log.info("order_taken", job_id=job_id, body=type(command).__name__)
        return json_response(view_of(await history_of(self._dependencies, job_id)), status=202)


async def _read(request: Request) -> CommandBody:
    body = await read_body(request, most_bytes=LARGEST_COMMAND_BYTES)
    if not body.strip():
        return CommandBody()
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("unreadable_order", str(error)) from error


def _illegal(job: Job, error: IllegalMove) -> Problem:
    facts = {"job_id": job.job_id, "job_status": str(job.status)}
    if job.last_event == "StoryboardRefused":
        return Problem("needs_approval", f"Job {job.job_id} was refused: {job.error}", facts=facts)
    return Problem("illegal_move", str(error), facts=facts)
