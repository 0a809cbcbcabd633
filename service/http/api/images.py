"""Images: uploaded ones, and those of the scenes of a job."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Final

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.errors import Refused, Unavailable
from domain.images import LARGEST_IMAGE_BYTES
from service.http.answers import history_of, json_response
from service.http.dependencies import Dependencies
from service.http.files import ServedFile, file_response, media_type_of, size_of
from service.http.limits import IMAGES, read_body
from service.http.openapi import IMAGE, IMAGE_BODY, SCENE_IMAGE, UPLOADED, add_get, errors, router_of
from service.http.problems import Problem
from service.http.schemas import Uploaded

log = structlog.get_logger()

MOST_UPLOADS: Final = 8
"""At a time: each holds its image in memory."""
SCENE_SECONDS: Final = 20.0
PLACEHOLDER: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180" role="img" aria-label="The image is gone">'
    b'<rect width="320" height="180" fill="#8883"/>'
    b'<path d="M120 120l28-34 18 20 14-14 20 28z" fill="#888"/><circle cx="186" cy="70" r="9" fill="#888"/>'
    b'<path d="M112 54l96 76" stroke="#888" stroke-width="5"/></svg>'
)


def routes(dependencies: Dependencies) -> APIRouter:
    """Return the routes of images."""
    router, images = router_of("images"), ImageRoutes(dependencies)
    router.add_api_route(
        IMAGES,
        images.upload,
        methods=["POST"],
        status_code=201,
        summary="Upload an image for a storyboard",
        responses={**UPLOADED, **errors(401, 403, 408, 413, 415, 422, 503)},
        openapi_extra=IMAGE_BODY,
    )
    for path, endpoint, summary, answer in (
        (IMAGES + "/{sha256}", images.uploaded, "An uploaded image", IMAGE),
        ("/api/jobs/{job_id}/scenes/{number}/image", images.scene, "The image of a scene", SCENE_IMAGE),
    ):
        responses = {**answer, **errors(401, 404, 412, 416, 422, 503)}
        add_get(router, path, endpoint, summary=summary, responses=responses, head_shown=True)
    return router


class ImageRoutes:
    """Stores and serves images."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._uploads = asyncio.Semaphore(MOST_UPLOADS)

    async def upload(self, request: Request) -> Response:
        """Store an image; the same image gets the same address."""
        async with self._uploads:
            data = await read_body(request, most_bytes=LARGEST_IMAGE_BYTES)
            try:
                sha256 = await self._dependencies.images.keep(data)
            except Refused as error:
                raise Problem("image_refused", str(error)) from error
        url = f"{IMAGES}/{sha256}"
        return json_response(Uploaded(image_url=url), status=201, location=url)

    async def uploaded(self, sha256: str, request: Request) -> Response:
        """Return an uploaded image."""
        path = self._dependencies.images.stored(sha256)
        missing = Problem("image_not_found", f"No image {sha256[:64]!r} was uploaded")
        if path is None:
            raise missing
        try:
            return await _serve(request, path, etag=sha256, cache="private, max-age=31536000, immutable")
        except OSError as error:
            raise missing from error

    async def scene(self, job_id: str, number: int, request: Request) -> Response:
        """Return the image of a scene, or a drawn placeholder when it cannot be fetched."""
        storyboard = (await history_of(self._dependencies, job_id)).job.storyboard
        if not 1 <= number <= len(storyboard):
            raise Problem("scene_not_found", f"Job {job_id} has {len(storyboard)} scenes")
        url = storyboard[number - 1].image_url
        try:
            async with asyncio.timeout(SCENE_SECONDS):
                path = await self._dependencies.images.fetch(url)
            etag = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
            return await _serve(request, path, etag=etag, cache="private, max-age=300")
        except (Refused, Unavailable, TimeoutError, OSError) as error:
            log.info("scene_image_gone", job_id=job_id, scene=number, reason=str(error)[:200])
            return Response(PLACEHOLDER, media_type="image/svg+xml")


async def _serve(request: Request, path: Path, *, etag: str, cache: str) -> Response:
    size_bytes = await size_of(path)
    if size_bytes is None:
        raise FileNotFoundError(path.name)
    media_type, headers = await media_type_of(path), {"Cache-Control": cache}
    file = ServedFile(path=path, size_bytes=size_bytes, etag=etag, media_type=media_type, headers=headers)
    return await file_response(request, file)
