"""Commands to a job: cancel it, or try it again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.job import Job
from service.http import examples
from service.http.answers import command, history_of, json_response
from service.http.dependencies import Dependencies
from service.http.limits import LARGEST_COMMAND_BYTES, read_body
from service.http.openapi import ACCEPTED, errors, optional_body, router_of
from service.http.problems import Problem
from service.jobs.operations import LONGEST_NAME, LONGEST_REASON


class CommandBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants it, and why."""

    by: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)] = "api"
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] | None = None


_decoder = msgspec.json.Decoder(CommandBody)


def routes(dependencies: Dependencies) -> APIRouter:
    """Return the routes that give commands."""
    router, commands = router_of("commands"), CommandRoutes(dependencies)
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
    """Passes commands on, and answers with the job as it is then."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._operations = dependencies.operations

    async def cancel(self, job_id: str, request: Request) -> Response:
        """Cancel a job; what it has cost so far stays."""
        body = await _read(request)
        return await self._answer(job_id, partial(self._operations.cancel, by=body.by, reason=body.reason))

    async def retry(self, job_id: str, request: Request) -> Response:
        """Try a failed job again: its download where the video is still to be had, else the render."""
        body = await _read(request)
        return await self._answer(job_id, partial(self._operations.retry, by=body.by))

    async def _answer(self, job_id: str, operation: Callable[[str], Awaitable[Job]]) -> Response:
        await command(self._dependencies, job_id, operation)
        return json_response((await history_of(self._dependencies, job_id)).view, status=202)


async def _read(request: Request) -> CommandBody:
    body = await read_body(request, most_bytes=LARGEST_COMMAND_BYTES)
    if not body.strip():
        return CommandBody()
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("unreadable_order", str(error)) from error
