"""The videos of completed jobs and their thumbnails. What a job's events say decides, not what lies on the disk."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.events import VideoCompleted
from service.http.answers import history_of
from service.http.dependencies import Dependencies
from service.http.files import ServedFile, give, size_of
from service.http.openapi import THUMBNAIL, VIDEO, add_reading, errors, router_of
from service.http.problems import Problem


def routes(dependencies: Dependencies) -> APIRouter:
    """Return the routes of videos."""
    router, videos = router_of("videos"), Videos(dependencies)
    for path, endpoint, summary, answer in (
        ("/api/videos/{job_id}/data", videos.data, "The video of a completed job, whole or in part", VIDEO),
        ("/api/videos/{job_id}/thumbnail", videos.thumbnail, "A thumbnail of the video", THUMBNAIL),
    ):
        known = {**answer, **errors(401, 404, 412, 416, 422, 503)}
        add_reading(router, path, endpoint, summary=summary, responses=known, head_shown=True)
    return router


class Videos:
    """Gives the files of completed jobs."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies

    async def data(self, job_id: str, request: Request) -> Response:
        """Give the video; ranges, If-Range, If-Match and If-None-Match are honoured."""
        done, sha256 = await self._completed(job_id)
        path = self._dependencies.videos.path(job_id)
        size_bytes = await size_of(path)
        if size_bytes != done.size_bytes:
            there = "is gone" if size_bytes is None else f"has {size_bytes} bytes"
            raise self._missing(job_id, f"{there}, it had {done.size_bytes} when the job was completed")
        headers = {"Content-Disposition": f'inline; filename="{job_id}.mp4"'}
        file = ServedFile(path=path, size_bytes=done.size_bytes, etag=sha256, media_type="video/mp4", headers=headers)
        return await self._give(job_id, request, file)

    async def thumbnail(self, job_id: str, request: Request) -> Response:
        """Give the thumbnail."""
        _, sha256 = await self._completed(job_id)
        path = self._dependencies.videos.thumbnail(job_id)
        size_bytes = await size_of(path)
        if not size_bytes:
            raise self._missing(job_id, "has no thumbnail any more")
        file = ServedFile(path=path, size_bytes=size_bytes, etag=f"{sha256}-{size_bytes}", media_type="image/jpeg")
        return await self._give(job_id, request, file)

    async def _completed(self, job_id: str) -> tuple[VideoCompleted, str]:
        job = (await history_of(self._dependencies, job_id)).job
        if job.completed is None:
            raise Problem("video_not_found", f"Job {job_id} is {job.status}", facts={"job_status": str(job.status)})
        if job.completed.sha256 is None:
            raise Problem("video_not_found", f"Job {job_id} was completed by a renderer that stores no file")
        return job.completed, job.completed.sha256

    async def _give(self, job_id: str, request: Request, file: ServedFile) -> Response:
        try:
            return await give(request, file)
        except OSError as error:
            raise _gone(job_id, "cannot be opened") from error

    def _missing(self, job_id: str, how: str) -> Problem:
        """Files that were removed on purpose leave a note behind."""
        return _gone(job_id, self._dependencies.videos.removal(job_id) or how)


def _gone(job_id: str, how: str) -> Problem:
    return Problem("video_not_found", f"The video of job {job_id} {how}")
