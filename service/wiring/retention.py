"""Makes the removal of old video files, where it is wanted."""

from __future__ import annotations

from datetime import datetime, timedelta

from adapters.videos.retention import OldVideoFiles, Removal
from domain.times import time_text
from service.housekeeping.retention import Retention
from service.settings import Settings
from service.wiring.clock import CLOCK
from service.wiring.stores import Stores


def make_retention(settings: Settings, stores: Stores) -> Retention | None:
    """Make the removal of old videos; None where they are kept for ever."""
    days = settings.video_retention_days
    if days is None:
        return None
    videos = OldVideoFiles(settings.data_dir)

    async def remove(job_id: str, before: datetime) -> int:
        reason = f"kept for {days:g} days after the job's end (REELWRIGHT_VIDEO_RETENTION_DAYS)"
        removal = Removal(removed_at=time_text(CLOCK.now()), reason=reason)
        return await videos.remove(job_id, before=before, removal=removal)

    return Retention(videos, stores.ended_jobs, remove, keep=timedelta(days=days), now=CLOCK.now)
