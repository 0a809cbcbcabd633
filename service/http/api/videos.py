"""The videos of completed jobs and their thumbnails. The events of a job decide, not the files on the disk."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.events import VideoCompleted
from service.http.answers import history_of
from service.http.dependencies import Dependencies
from service.http.files import ServedFile, file_response, size_of
from service.http.openapi import THUMBNAIL, VIDEO, add_get, errors, router_of
from service.http.problems import Problem


def routes(dependencies: Dependencies) -> APIRouter:
    """Return the routes of videos."""
    router, videos = router_of("videos"), VideoRoutes(dependencies)
    for path, endpoint, summary, answer in (
        ("/api/videos/{job_id}/data", videos.data, "The video of a completed job, whole or in part", VIDEO),
        ("/api/videos/{job_id}/thumbnail", videos.thumbnail, "A thumbnail of the video", THUMBNAIL),
    ):
        responses = {**answer, **errors(401, 404, 412, 416, 422, 503)}
        add_get(router, path, endpoint, summary=summary, responses=responses, head_shown=True)
    return router


class VideoRoutes:
    """Serves the files of completed jobs."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies

    async def data(self, job_id: str, request: Request) -> Response:
        """Return the video; ranges, If-Range, If-Match and If-None-Match work."""
        done, sha256 = await self._completed(job_id)
        path = self._dependencies.videos.path(job_id)
        size_bytes = await size_of(path)
        if size_bytes != done.size_bytes:
            found = "is gone" if size_bytes is None else f"has {size_bytes} bytes"
            raise self._gone(job_id, f"{found}, it had {done.size_bytes} when the job was completed")
        headers = {"Content-Disposition": f'inline; filename="{job_id}.mp4"'}
        file = ServedFile(path=path, size_bytes=done.size_bytes, etag=sha256, media_type="video/mp4", headers=headers)
        return await self._serve(job_id, request, file)

    async def thumbnail(self, job_id: str, request: Request) -> Response:
        """Return the thumbnail."""
        _, sha256 = await self._completed(job_id)
        path = self._dependencies.videos.thumbnail(job_id)
        size_bytes = await size_of(path)
        if not size_bytes:
            raise self._gone(job_id, "has no thumbnail any more")
        file = ServedFile(path=path, size_bytes=size_bytes, etag=f"{sha256}-{size_bytes}", media_type="image/jpeg")
        return await self._serve(job_id, request, file)

    async def _completed(self, job_id: str) -> tuple[VideoCompleted, str]:
        job = (await history_of(self._dependencies, job_id)).job
        if job.completed is None:
            raise Problem("video_not_found", f"Job {job_id} is {job.status}", facts={"job_status": str(job.status)})
        if job.completed.sha256 is None:
            raise Problem("video_not_found", f"Job {job_id} was completed by a renderer that stores no file")
        return job.completed, job.completed.sha256

    async def _serve(self, job_id: str, request: Request, file: ServedFile) -> Response:
        try:
            return await file_response(request, file)
        except OSError as error:
            raise self._gone(job_id, "cannot be opened") from error

    def _gone(self, job_id: str, reason: str) -> Problem:
        # A removal on purpose has stored its own reason.
        reason = self._dependencies.videos.removal(job_id) or reason
        return Problem("video_not_found", f"The video of job {job_id} {reason}")
