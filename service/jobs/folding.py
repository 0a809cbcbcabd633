"""Jobs as they were after each event, for whoever reads all events in order. What does not fit is loaded again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.evolve import evolve, replay
from domain.job import Job
from domain.lru import Lru
from domain.records import Recorded
from domain.storyboard import Scene
from service.jobs.event_store import EventLog

MOST_JOBS = 4096
_BLANK = Scene(scene_number=1, image_url="")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedEvent:
    """A stored event and its job right after it, with blank scenes; `created_at` is the time of the first event."""

    recorded: Recorded
    job: Job
    created_at: datetime


class FoldedJobs:
    """Folds events as they come. A kept job has blank scenes: a storyboard may weigh half a megabyte."""

    def __init__(self, events: EventLog, *, most_jobs: int = MOST_JOBS) -> None:
        self._events = events
        self._kept: Lru[str, tuple[Job, datetime]] = Lru(most_jobs)

    async def after(self, recorded: Recorded) -> FoldedEvent:
        """Return the job after this event. May be repeated, also for earlier events.

        Raises Unavailable, and IllegalMove where the stored events cannot be folded.
        """
        job, created_at = await self._fold(recorded)
        self._keep(job, created_at)
        return FoldedEvent(recorded=recorded, job=job, created_at=created_at)

    async def _fold(self, recorded: Recorded) -> tuple[Job, datetime]:
        new = Job(job_id=recorded.job_id), recorded.recorded_at
        before, created_at = new if recorded.version == 1 else self._kept.get(recorded.job_id, new)
        if before.version == recorded.version - 1:
            return _light(evolve(before, recorded.event)), created_at
        history = await self._events.history(recorded.job_id, upto_version=recorded.version)
        job = replay(recorded.job_id, (earlier.event for earlier in history))
        return _light(job), history[0].recorded_at if history else recorded.recorded_at

    def _keep(self, job: Job, created_at: datetime) -> None:
        """Keep what goes on; a job that has ended seldom has more events."""
        if job.is_final:
            self._kept.pop(job.job_id, None)
        else:
            self._kept[job.job_id] = job, created_at


def _light(job: Job) -> Job:
    if not job.storyboard or job.storyboard[0] is _BLANK:
        return job
    return replace(job, storyboard=(_BLANK,) * len(job.storyboard))
