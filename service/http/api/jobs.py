"""Jobs: the approval of a storyboard, the list, one job at any version, its events."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from domain.commands import RefuseStoryboard
from domain.errors import Refused
from service.http.answers import history_of, json_response
from service.http.dependencies import Dependencies
from service.http.limits import read_body
from service.http.openapi import ACCEPTED, APPROVAL, EVENTS, JOB, JOBS, add_get, errors, router_of
from service.http.problems import Problem
from service.intake.approval import Approval, read_approval
from service.intake.reading import LARGEST_APPROVAL_BYTES, UnreadableError
from service.jobs.operations import ApprovalConflict
from service.jobs.views import StatusName, page_view

DEFAULT_PAGE, LARGEST_PAGE = 50, 200
LARGEST_VERSION: Final = 2**31 - 1
KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def routes(dependencies: Dependencies) -> APIRouter:
    """Return the routes of jobs."""
    router, jobs = router_of("jobs"), JobRoutes(dependencies)
    router.add_api_route(
        "/api/jobs",
        jobs.approve,
        methods=["POST"],
        status_code=202,
        summary="Approve a storyboard",
        responses={**ACCEPTED, **errors(401, 403, 409, 413, 415, 422, 503)},
        openapi_extra=APPROVAL,
    )
    known = errors(401, 404, 422, 503)
    for path, endpoint, summary, responses in (
        ("/api/jobs", jobs.page, "List jobs, newest first", {**JOBS, **errors(401, 422, 503)}),
        ("/api/jobs/{job_id}", jobs.job, "Show a job, as it is or as it was", {**JOB, **known}),
        (
            "/api/jobs/{job_id}/events",
            jobs.events,
            "List the stored events of a job, oldest first",
            {**EVENTS, **known},
        ),
    ):
        add_get(router, path, endpoint, summary=summary, responses=responses)
    return router


class JobRoutes:
    """Takes approvals and shows jobs. Of an approval that is refused nothing is stored: its sender gets the answer."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies

    async def approve(
        self,
        request: Request,
        idempotency_key: Annotated[str | None, Header(description="the same key and body again: the same job")] = None,
    ) -> Response:
        """Approve a storyboard; the same approval again changes nothing."""
        body = await read_body(request, most_bytes=LARGEST_APPROVAL_BYTES)
        approval = _read(body)
        if idempotency_key is not None:
            await self._claim(idempotency_key, body, approval.job_id)
        job = await self._dependencies.operations.approve(approval.job_id, approval.command)
        if isinstance(job, ApprovalConflict):
            raise Problem("storyboard_conflict", job.reason, facts={"job_id": job.job_id})
        history = await history_of(self._dependencies, job.job_id)
        return json_response(history.view, status=202, location=f"/api/jobs/{job.job_id}")

    async def _claim(self, key: str, body: bytes, job_id: str) -> None:
        if not KEY.fullmatch(key):
            raise Problem("invalid_parameter", "Idempotency-Key: 1 to 255 visible ASCII letters")
        body_hash = hashlib.sha256(body).hexdigest()
        claim = await self._dependencies.idempotency.claim(key, body_hash=body_hash, job_id=job_id)
        if claim.body_hash != body_hash:
            facts = {"job_id": claim.job_id}
            raise Problem("idempotency_mismatch", f"The key was used for job {claim.job_id}", facts=facts)

    async def page(
        self,
        status: Annotated[StatusName | None, Query(description="only jobs in this status")] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = DEFAULT_PAGE,
        after: Annotated[str | None, Query(max_length=200, description="`next` of the page before")] = None,
        waiting_for: Annotated[
            str | None,
            Query(max_length=200, description="only jobs whose `waiting_for` begins with it; empty: all that wait"),
        ] = None,
        q: Annotated[
            str | None,
            Query(max_length=200, description="only jobs with it in their id, a render's id, or what the list shows"),
        ] = None,
    ) -> Response:
        """List jobs; `next` is null on the last page."""
        try:
            page = await self._dependencies.jobs.page(
                status=status, limit=limit, after=after, text=q or None, waiting_for=waiting_for
            )
        except Refused as error:
            raise Problem("invalid_parameter", f"after: {error}") from error
        return json_response(page_view(page))

    async def job(
        self,
        job_id: str,
        version: Annotated[int | None, Query(ge=0, le=LARGEST_VERSION, description="as of this version")] = None,
        at: Annotated[str | None, Query(max_length=64, description="as of this time, RFC 3339")] = None,
    ) -> Response:
        """Show a job as it is, or as it was."""
        if version is not None and at is not None:
            raise Problem("invalid_parameter", "version and at: name one of them")
        moment = None if at is None else _read_time(at)
        history = await history_of(self._dependencies, job_id)
        shown = history if version is None else history.upto_version(version)
        shown = history.upto_moment(moment) if moment is not None else shown
        if shown is None:
            raise Problem("moment_not_found", f"Job {job_id} has the versions 1 to {history.events[-1].version}")
        if shown is history:
            shown = replace(history, waiting_for=await self._dependencies.jobs.waiting_for(job_id))
        return json_response(shown.view)

    async def events(self, job_id: str) -> Response:
        """List all events of a job, oldest first."""
        return json_response((await history_of(self._dependencies, job_id)).event_views)


def _read(body: bytes) -> Approval:
    try:
        approval = read_approval(body)
    except UnreadableError as error:
        raise Problem("unreadable_approval", error.reason, facts={"errors": list(error.errors)}) from error
    if isinstance(approval.command, RefuseStoryboard):
        raise Problem("storyboard_refused", approval.command.reason, facts={"job_id": approval.job_id})
    return approval


def _read_time(text: str) -> datetime:
    try:
        # A plus sign that was not percent-encoded arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise Problem("invalid_parameter", f"at: not a time in RFC 3339: {text[:40]!r}") from error
    if moment.tzinfo is None:
        raise Problem("invalid_parameter", "at: say which zone is meant, with Z or an offset such as +02:00")
    return moment
