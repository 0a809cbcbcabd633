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
from service.http.answers import execute, history_of, json_response
from service.http.dependencies import Dependencies
from service.http.limits import read_options
from service.http.openapi import ACCEPTED, errors, optional_body, router_of
from service.jobs.operations import LONGEST_NAME, LONGEST_REASON


class CommandBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who gives the command, and why."""

    by: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)] = "api"
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] | None = None


def routes(dependencies: Dependencies) -> APIRouter:
    """Return the routes that give commands."""
    router, operations = router_of("commands"), dependencies.operations

    async def answer(job_id: str, operation: Callable[[str], Awaitable[Job]]) -> Response:
        await execute(dependencies, job_id, operation)
        return json_response((await history_of(dependencies, job_id)).view, status=202)

    async def cancel(job_id: str, request: Request) -> Response:
        """Cancel a job; its cost so far stays."""
        body = await read_options(request, CommandBody, problem_code="unreadable_order")
        return await answer(job_id, partial(operations.cancel, by=body.by, reason=body.reason))

    async def retry(job_id: str, request: Request) -> Response:
        """Try a failed job again: its download while the rendered video still exists, else the render."""
        body = await read_options(request, CommandBody, problem_code="unreadable_order")
        return await answer(job_id, partial(operations.retry, by=body.by))

    for endpoint, summary in ((cancel, "Cancel a job that has not ended"), (retry, "Try a failed job again")):
        router.add_api_route(
            f"/api/jobs/{{job_id}}/{endpoint.__name__}",
            endpoint,
            methods=["POST"],
            status_code=202,
            summary=summary,
            responses={**ACCEPTED, **errors(401, 403, 404, 409, 413, 415, 422, 503)},
            openapi_extra=optional_body(CommandBody, example=examples.COMMAND),
        )
    return router
