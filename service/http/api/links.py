"""Signed links: addresses that let anybody see a video for a limited time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.job import Job
from domain.times import time_text
from service.http.answers import history_of, json_response
from service.http.auth import signed_url
from service.http.dependencies import Dependencies
from service.http.limits import read_options
from service.http.openapi import LINKED, errors, optional_body, router_of
from service.http.problems import Problem
from service.http.schemas import LinkView
from service.jobs.views import thumbnail_url

USUAL_LINK_SECONDS: Final = 24 * 3600
LONGEST_LINK_SECONDS: Final = 30 * 24 * 3600


class LinkBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the link is valid."""

    expires_in_seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_LINK_SECONDS)] = USUAL_LINK_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where anybody can see a video and its thumbnail. `expires_at` is None when the service needs no token."""

    video_url: str
    thumbnail_url: str
    expires_at: datetime | None

    @property
    def view(self) -> LinkView:
        """Return the link as an answer."""
        expires = None if self.expires_at is None else time_text(self.expires_at)
        return LinkView(video_url=self.video_url, thumbnail_url=self.thumbnail_url, expires_at=expires)


def link_to(job: Job, *, origin: str, token: str, expires_at: datetime) -> Link:
    """Return a link to the video of a job; `origin` is such as `https://host:8000`. Raises Problem without a video."""
    if job.completed is None or job.completed.sha256 is None:
        raise Problem("video_not_found", f"Job {job.job_id} is {job.status} and has no video")
    paths = [job.completed.video_url or "", thumbnail_url(job.job_id)]
    if token:
        paths = [signed_url(path, token=token, expires_at=expires_at) for path in paths]
    video, thumbnail = (f"{origin}{path}" for path in paths)
    return Link(video_url=video, thumbnail_url=thumbnail, expires_at=expires_at if token else None)


def origin_of(request: Request) -> str:
    """Return the scheme and host of a request, such as `https://host:8000`."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def routes(dependencies: Dependencies, *, token: str) -> APIRouter:
    """Return the route that makes links."""
    router = router_of("videos")

    async def link(job_id: str, request: Request) -> Response:
        """Return a link to the video that needs no token until it expires."""
        body = await read_options(request, LinkBody, problem_code="unreadable_link")
        expires_at = dependencies.clock.now().replace(microsecond=0) + timedelta(seconds=body.expires_in_seconds)
        job = (await history_of(dependencies, job_id)).job
        made = link_to(job, origin=origin_of(request), token=token, expires_at=expires_at)
        return json_response(made.view, status=201)

    router.add_api_route(
        "/api/videos/{job_id}/link",
        link,
        methods=["POST"],
        status_code=201,
        summary="A link to the video for people without a token",
        responses={**LINKED, **errors(401, 403, 404, 413, 415, 422, 503)},
        openapi_extra=optional_body(LinkBody, example={"expires_in_seconds": 3600}),
    )
    return router
