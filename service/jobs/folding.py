"""Jobs as they were after each event, for whoever reads all events in order. What does not fit is loaded again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.job import Job, evolve, replay
from domain.lru import Lru
from domain.records import Recorded
from domain.storyboard import Scene
from service.jobs.event_store import EventStore

MOST_JOBS = 4096
_BLANK = Scene(scene_number=1, image_url="")


class FoldedJobs:
    """Folds events as they come. A kept job has blank scenes: a storyboard may weigh half a megabyte."""

    def __init__(self, store: EventStore, *, most_jobs: int = MOST_JOBS) -> None:
        self._store = store
        self._kept: Lru[str, Job] = Lru(most_jobs)

    async def after_each(self, events: Sequence[Recorded]) -> list[Job]:
        """Return the job after each of these events. May be repeated, also for earlier events. Raises Unavailable."""
        jobs = []
        for recorded in events:
            job = await self._after(recorded)
            jobs.append(job)
            self._keep(job)
        return jobs

    async def _after(self, recorded: Recorded) -> Job:
        before = Job(job_id=recorded.job_id) if recorded.version == 1 else self._kept.get(recorded.job_id)
        if before is not None and before.version == recorded.version - 1:
            return _light(evolve(before, recorded.event))
        history = await self._store.history(recorded.job_id, upto_version=recorded.version)
        return _light(replay(recorded.job_id, (earlier.event for earlier in history)))

    def _keep(self, job: Job) -> None:
        """Keep what goes on; a job that has ended seldom has news."""
        if job.is_final:
            self._kept.pop(job.job_id, None)
        else:
            self._kept[job.job_id] = job


def _light(job: Job) -> Job:
    if not job.storyboard or job.storyboard[0] is _BLANK:
        return job
    return replace(job, storyboard=(_BLANK,) * len(job.storyboard))
