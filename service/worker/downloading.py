"""From a rendered output to a stored video. Nothing here renders again: a failed download is only tried again."""

from __future__ import annotations

from dataclasses import asdict, replace
from decimal import Decimal

import structlog

from domain import commands as c
from domain.cost import Prices
from domain.decide_download import download_seconds_left
from domain.errors import IllegalMove, NotFound, Refused, Unavailable
from domain.rendering import Succeeded
from domain.videos import StoredVideo
from service.worker.leased_job import LeasedJob
from service.worker.renderers import RendererAway, Renderers
from service.worker.video_store import VideoStore

log = structlog.get_logger()

NO_FILE = "noop:"
LOCAL = "local:"


class Downloading:
    """The steps of a job in `downloading`. A cost above `threshold` times the estimate gives a warning."""

    def __init__(self, videos: VideoStore, renderers: Renderers, *, prices: Prices, threshold: Decimal) -> None:
        self._videos = videos
        self._renderers = renderers
        self._prices = prices
        self._threshold = threshold

    async def download(self, leased: LeasedJob) -> None:
        """Fetch the output, then record that the video is stored and the job complete."""
        url = leased.job.output_url
        if url is None:
            raise IllegalMove(f"job {leased.job_id} has no output to download")
        if url.startswith(NO_FILE):
            await self._complete(leased, None)
            return
        try:
            stored = await leased.run_unless_changed(self._store(leased, url))
        except Unavailable as error:
            await self._failed(leased, error, permanent=False)
        except Refused as error:
            # A paid output is fetched until it expires: a file host that refuses it now may still give it later.
            await self._failed(leased, error, permanent=url.startswith(LOCAL))
        else:
            if stored is not None:
                await self._complete(leased, stored)

    async def complete(self, leased: LeasedJob) -> None:
        """Complete a job whose video was recorded as stored; the file is validated again."""
        stored = await self._videos.inspect(leased.job_id)
        if stored is None or leased.job.stored is None or stored.sha256 != leased.job.stored.sha256:
            await leased.execute(c.FailJob(reason="Not a valid video: the stored file was changed or removed"))
        else:
            await self._complete(leased, stored)

    async def _store(self, leased: LeasedJob, url: str) -> StoredVideo:
        if leased.lease.epoch > 1 and (found := await self._videos.inspect(leased.job_id, url=url)):
            log.info("stored_video_found", job_id=leased.job_id, sha256=found.sha256)
            return found
        part = await self._videos.fetch(leased.job_id, url, epoch=leased.lease.epoch)
        return await self._videos.keep(leased.job_id, part, url=url, confirm=leased.confirm)

    async def clean_up(self, leased: LeasedJob) -> None:
        """Remove the part files of an ended job."""
        try:
            await self._videos.sweep(leased.job_id)
        except Unavailable as error:
            log.warning("parts_left", job_id=leased.job_id, reason=str(error))

    async def _complete(self, leased: LeasedJob, stored: StoredVideo | None) -> None:
        complete = c.CompleteJob(video_url=None, duration_seconds=0.0, prices=self._prices, threshold=self._threshold)
        if stored is None:
            await leased.execute(complete)
            return
        await leased.execute(
            c.StoreVideo(
                size_bytes=stored.size_bytes,
                sha256=stored.sha256,
                duration_seconds=stored.duration_seconds,
                width=stored.width,
                height=stored.height,
            ),
            replace(complete, video_url=f"/api/videos/{leased.job_id}/data", **asdict(stored)),
        )
        for warning in leased.job.warnings:
            log.warning("video_not_as_asked", job_id=leased.job_id, field=warning.field, message=warning.message)
        if leased.job.completed is not None and leased.job.completed.above_estimate:
            log.warning(
                "cost_above_estimate",
                job_id=leased.job_id,
                actual_cost=float(leased.job.actual_cost),
                estimated_cost=float(leased.job.estimated_cost or 0),
            )

    async def _failed(self, leased: LeasedJob, error: Unavailable | Refused, *, permanent: bool) -> None:
        log.warning("download_failed", job_id=leased.job_id, reason=str(error), permanent=permanent)
        failed = c.FailDownload(reason=str(error), at=leased.now(), permanent=permanent)
        left = download_seconds_left(leased.job, failed)
        if left is not None and left <= 0:
            failed = replace(failed, ahead_seconds=await self._clock_ahead_seconds(leased))
        await leased.execute(failed)

    async def _clock_ahead_seconds(self, leased: LeasedJob) -> float:
        """Return how far our clock is ahead of that by which the expiry was stored; 0 where that cannot be told.

        After a takeover it may be another machine's. The provider tells the expiry anew, by our clock.
        """
        render, stored = leased.job.render, leased.job.expires_at
        if render is None or render.render_id is None or stored is None or not render.order.bills:
            return 0.0
        try:
            told = await self._renderers.of(render.order).follow(render.render_id, render.order)
        except (RendererAway, NotFound, Unavailable) as error:
            log.warning("expiry_not_asked", job_id=leased.job_id, reason=str(error))
            return 0.0
        if not isinstance(told, Succeeded) or told.expires_at is None:
            return 0.0
        return (told.expires_at - stored).total_seconds()
