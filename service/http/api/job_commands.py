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
from service.http.problems import Problem
from service.jobs.operations import LONGEST_NAME, LONGEST_REASON
from service.jobs.render_lookup import RENDER_ID, read_render_id

RenderName = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{RENDER_ID.pattern}$"})]


class CommandBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who gives the command, and why."""

    by: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)] = "api"
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] | None = None


class RetryBody(CommandBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of a job that needs an operator: the render that was found, and its scene. Without an id there is none.

    An unknown member is refused: with a misspelt `render_id` another render would be paid.
    """

    render_id: RenderName | None = None
    scene: Annotated[int, msgspec.Meta(ge=1)] | None = None


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
        """Try a failed job again: its download while the rendered video still exists, else the render.

        Of a job that waits for `needs_operator` it says what became of the render: it is `render_id`, for which the
        provider is asked, or there is none.
        """
        body = await read_options(request, RetryBody, problem_code="unreadable_order")
        found = None if body.render_id is None else _read_render_id(body.render_id)
        return await answer(job_id, partial(operations.retry, by=body.by, render_id=found, scene=body.scene))

    for endpoint, summary, shape, example in (
        (cancel, "Cancel a job that has not ended", CommandBody, examples.COMMAND),
        (retry, "Try a failed job again, or name its render", RetryBody, examples.RETRY),
    ):
        router.add_api_route(
            f"/api/jobs/{{job_id}}/{endpoint.__name__}",
            endpoint,
            methods=["POST"],
            status_code=202,
            summary=summary,
            responses={**ACCEPTED, **errors(401, 403, 404, 409, 413, 415, 422, 503)},
            openapi_extra=optional_body(shape, example=example),
        )
    return router


def _read_render_id(text: str) -> str:
    try:
        return read_render_id(text)
    except ValueError as error:
        raise Problem("unreadable_order", str(error)) from error
