"""Jobs as they were after each event, for readers of all events in order."""

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
_BLANK_SCENE = Scene(scene_number=1, image_url="")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedEvent:
    """A stored event and its job right after it, with blank scenes; `created_at` is the time of the first event."""

    recorded: Recorded
    job: Job
    created_at: datetime


class FoldedJobs:
    """Folds events as they come. The cached jobs have blank scenes, since a storyboard may have half a megabyte."""

    def __init__(self, events: EventLog, *, most_jobs: int = MOST_JOBS) -> None:
        self._events = events
        self._cache: Lru[str, tuple[Job, datetime]] = Lru(most_jobs)

    async def after(self, recorded: Recorded) -> FoldedEvent:
        """Return the job after this event. May be repeated, also for earlier events.

        Raises Unavailable, and IllegalMove where the stored events cannot be folded.
        """
        job, created_at = await self._fold(recorded)
        if job.is_final:  # more events are rare
            self._cache.pop(job.job_id, None)
        else:
            self._cache[job.job_id] = job, created_at
        return FoldedEvent(recorded=recorded, job=job, created_at=created_at)

    async def _fold(self, recorded: Recorded) -> tuple[Job, datetime]:
        new = Job(job_id=recorded.job_id), recorded.recorded_at
        before, created_at = new if recorded.version == 1 else self._cache.get(recorded.job_id, new)
        if before.version == recorded.version - 1:
            return _with_blank_scenes(evolve(before, recorded.event)), created_at
        history = await self._events.history(recorded.job_id, upto_version=recorded.version)
        job = replay(recorded.job_id, (earlier.event for earlier in history))
        return _with_blank_scenes(job), history[0].recorded_at if history else recorded.recorded_at


def _with_blank_scenes(job: Job) -> Job:
    if not job.storyboard or job.storyboard[0] is _BLANK_SCENE:
        return job
    return replace(job, storyboard=(_BLANK_SCENE,) * len(job.storyboard))
