"""Signed links: who may see a video hands out an address that lets anybody see it, for a while."""

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
from service.http.limits import LARGEST_COMMAND_BYTES, read_body
from service.http.openapi import LINKED, errors, optional_body, router_of
from service.http.problems import Problem
from service.http.schemas import LinkView
from service.jobs.views import thumbnail_url

USUAL_LINK_SECONDS: Final = 24 * 3600
LONGEST_LINK_SECONDS: Final = 30 * 24 * 3600


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the link is to last."""

    expires_in_seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_LINK_SECONDS)] = USUAL_LINK_SECONDS


_decoder = msgspec.json.Decoder(Wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a video and its thumbnail can be seen. Without a token they are open to all, and nothing expires."""

    video_url: str
    thumbnail_url: str
    expires_at: datetime | None

    @property
    def view(self) -> LinkView:
        """Return what is answered."""
        expires = None if self.expires_at is None else time_text(self.expires_at)
        return LinkView(video_url=self.video_url, thumbnail_url=self.thumbnail_url, expires_at=expires)


def link_to(job: Job, *, origin: str, token: str, expires_at: datetime) -> Link:
    """Return the link to the video of a job. `origin` is how the service is reached, such as `https://host:8000`.

    Raises Problem when the job has no video.
    """
    if job.completed is None or job.completed.sha256 is None:
        raise Problem("video_not_found", f"Job {job.job_id} is {job.status} and has no video")
    paths = [job.completed.video_url or "", thumbnail_url(job.job_id)]
    if token:
        paths = [signed_url(path, token=token, expires_at=expires_at) for path in paths]
    video, thumbnail = (f"{origin}{path}" for path in paths)
    return Link(video_url=video, thumbnail_url=thumbnail, expires_at=expires_at if token else None)


def origin_of(request: Request) -> str:
    """Return how the service was reached by this request."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def routes(dependencies: Dependencies, *, token: str) -> APIRouter:
    """Return the route that gives links out."""
    router = router_of("videos")

    async def link(job_id: str, request: Request) -> Response:
        """Return a link to the video that needs no token until it expires."""
        wanted = await _read(request)
        expires_at = dependencies.clock.now().replace(microsecond=0) + timedelta(seconds=wanted.expires_in_seconds)
        job = (await history_of(dependencies, job_id)).job
        return json_response(
            link_to(job, origin=origin_of(request), token=token, expires_at=expires_at).view, status=201
        )

    router.add_api_route(
        "/api/videos/{job_id}/link",
        link,
        methods=["POST"],
        status_code=201,
        summary="A link to the video for people without a token",
        responses={**LINKED, **errors(401, 403, 404, 413, 415, 422, 503)},
        openapi_extra=optional_body(Wanted, example={"expires_in_seconds": 3600}),
    )
    return router


async def _read(request: Request) -> Wanted:
    body = await read_body(request, most_bytes=LARGEST_COMMAND_BYTES)
    if not body.strip():
        return Wanted()
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("unreadable_link", str(error)) from error
