"""Removes the video files of jobs that ended long ago. Their events stay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from domain.errors import Unavailable

log = structlog.get_logger()

SWEEP_SECONDS = 3600.0
PAGE_JOBS = 500


class OldVideos(Protocol):
    """The video files of this machine."""

    async def pages(self, *, before: datetime, most: int) -> Sequence[Sequence[str]]:
        """Return the ids of the jobs whose video was written before a time, in pages. Raises Unavailable."""


class EndedJobs(Protocol):
    """The jobs that have ended."""

    async def among(self, job_ids: Sequence[str], *, before: datetime) -> Sequence[str]:
        """Return those of these jobs that ended before a time. Raises Unavailable."""


Remove = Callable[[str, datetime], Awaitable[int]]
"""Removes a job's files that were written before a time, and returns the freed bytes. Raises Unavailable."""


class Retention:
    """Removes old files every hour. Any number of processes may do it in one folder."""

    def __init__(
        self, videos: OldVideos, jobs: EndedJobs, remove: Remove, *, keep: timedelta, now: Callable[[], datetime]
    ) -> None:
        self._videos, self._jobs, self._remove = videos, jobs, remove
        self._keep, self._now = keep, now

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.sweep()
            except Unavailable as error:
                log.warning("old_videos_left", reason=str(error))
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> int:
        """Remove the old files; return of how many jobs files were removed. Raises Unavailable."""
        before, removed, freed = self._now() - self._keep, 0, 0
        for page in await self._videos.pages(before=before, most=PAGE_JOBS):
            for job_id in await self._jobs.among(page, before=before):
                freed_bytes = await self._remove(job_id, before)
                removed, freed = removed + bool(freed_bytes), freed + freed_bytes
        if removed:
            log.info("old_videos_removed", jobs=removed, freed_bytes=freed, kept_days=self._keep / timedelta(days=1))
        return removed
