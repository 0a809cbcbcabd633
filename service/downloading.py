"""From a rendered output to a stored video. Nothing here ever renders again: a failed download is only tried again."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import structlog

from domain import commands as c
from domain.cost import Prices
from domain.errors import IllegalMove, Refused, Unavailable
from domain.ports import StoredVideo, VideoStore
from service.assignment import Assignment

log = structlog.get_logger()

NO_FILE = "noop:"
LOCAL = "local:"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPolicy:
    """What a second and a picture cost in USD, and above how many times the estimate a warning is due."""

    prices: Prices
    threshold: Decimal


class Downloading:
    """The steps of a job in `downloading`."""

    def __init__(self, videos: VideoStore, policy: CostPolicy) -> None:
        self._videos = videos
        self._policy = policy

    async def download(self, work: Assignment) -> None:
        """Bring the output into its place, then record both that it is there and that the job is complete."""
        url = work.job.output_url
        if url is None:
            raise IllegalMove(f"job {work.job_id} has no output to download")
        if url.startswith(NO_FILE):
            await self._complete(work, None)
            return
        try:
            stored = await work.do(self._store(work, url))
        except Unavailable as error:
            await self._failed(work, error, permanent=False)
        except Refused as error:
            # A paid output is only given up when it has expired: a file host that does not show it may yet do so.
            await self._failed(work, error, permanent=url.startswith(LOCAL))
        else:
            if stored is not None:
                await self._complete(work, stored)

    async def complete(self, work: Assignment) -> None:
        """Finish a job whose video was recorded as stored: the file is looked at again, never trusted."""
        stored = await self._videos.inspect(work.job_id)
        if stored is None or work.job.stored is None or stored.sha256 != work.job.stored.sha256:
            await work.give(c.FailJob(reason="Not a valid video: the stored file was changed or removed"))
        else:
            await self._complete(work, stored)

    async def _store(self, work: Assignment, url: str) -> StoredVideo:
        if work.lease.epoch > 1 and (there := await self._videos.inspect(work.job_id, url=url)):
            log.info("stored_video_found", job_id=work.job_id, sha256=there.sha256)
            return there
        part = await self._videos.fetch(work.job_id, url, epoch=work.lease.epoch)
        return await self._videos.keep(work.job_id, part, url=url, confirm=work.confirm)

    async def tidy(self, work: Assignment) -> None:
        """Remove what unfinished downloads of an ended job left behind."""
        try:
            await self._videos.sweep(work.job_id)
        except Unavailable as error:
            log.warning("parts_left", job_id=work.job_id, reason=str(error))

    async def _complete(self, work: Assignment, stored: StoredVideo | None) -> None:
        if stored is None:
            await work.give(self._completion(work, None))
            return
        await work.give(
            c.StoreVideo(
                size_bytes=stored.size_bytes,
                sha256=stored.sha256,
                duration_seconds=stored.duration_seconds,
                width=stored.width,
                height=stored.height,
            ),
            self._completion(work, stored),
        )
        for warning in work.job.warnings:
            log.warning("video_not_as_asked", job_id=work.job_id, field=warning.field, message=warning.message)
        if work.job.completed is not None and work.job.completed.above_estimate:
            log.warning(
                "cost_above_estimate",
                job_id=work.job_id,
                actual_cost=float(work.job.actual_cost),
                estimated_cost=float(work.job.estimated_cost or 0),
            )

    def _completion(self, work: Assignment, stored: StoredVideo | None) -> c.CompleteJob:
        if stored is None:
            return c.CompleteJob(
                video_url=None, duration_seconds=0.0, prices=self._policy.prices, threshold=self._policy.threshold
            )
        return c.CompleteJob(
            video_url=f"/api/videos/{work.job_id}/data",
            duration_seconds=stored.duration_seconds,
            prices=self._policy.prices,
            threshold=self._policy.threshold,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            width=stored.width,
            height=stored.height,
            codec=stored.codec,
        )

    async def _failed(self, work: Assignment, error: Unavailable | Refused, *, permanent: bool) -> None:
        log.warning("download_failed", job_id=work.job_id, reason=str(error), permanent=permanent)
        await work.give(c.FailDownload(reason=str(error), at=work.now(), permanent=permanent))
