"""How events change a job: `evolve` takes one event, `replay` a whole history. What happens next: `decide.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import assert_never

from domain import events as e
from domain.evolve_download import after_download_event
from domain.evolve_render import after_render_event
from domain.job import Job
from domain.machine import move


def evolve(job: Job, event: e.Event) -> Job:
    """Return the job after `event`. Raises IllegalMove for an illegal one: in a stored history that is corruption."""
    kind = type(event).__name__
    status = move(job.status, kind, after=job.last_event)
    return replace(_apply(job, event), status=status, version=job.version + 1, last_event=kind)


def replay(job_id: str, history: Iterable[e.Event]) -> Job:
    """Fold a history, oldest first; of no events this is a job in `new`."""
    return reduce(evolve, history, Job(job_id=job_id))


def _apply(job: Job, event: e.Event) -> Job:
    if isinstance(event, e.RenderEvent):
        return after_render_event(job, event)
    if isinstance(event, e.DownloadEvent):
        return after_download_event(job, event)
    match event:
        case e.StoryboardApproved():
            return _approved(job, event)
        case e.StoryboardRefused():
            return _refused(job, event)

        case e.JobFailed():
            return replace(job.without_wait(), stage=event.stage, error=event.reason, message=event.reason)
        case e.JobCancelled():
            return _cancelled(job, event)
        case e.RetryRequested():
            return _retried(job, event)
        case _:
            assert_never(event)


def _approved(job: Job, event: e.StoryboardApproved) -> Job:
    """Start again: of a refused job only its version and the hash of what was refused are kept."""
    return Job(
        job_id=job.job_id,
        version=job.version,
        received_hash=job.received_hash,
        storyboard=event.storyboard,
        output=event.output,
        storyboard_hash=event.storyboard_hash,
        estimated_cost=event.estimated_cost,
        approval_warnings=event.warnings,
        message="Storyboard approved",
    )


def _refused(job: Job, event: e.StoryboardRefused) -> Job:
    return replace(job, received_hash=event.received_hash, stage="approved", error=event.reason, message=event.reason)


def _cancelled(job: Job, event: e.JobCancelled) -> Job:
    why = f": {event.reason}" if event.reason else ""
    return replace(job.without_wait(), stage=str(job.status), message=f"Cancelled by {event.by}{why}")


def _retried(job: Job, event: e.RetryRequested) -> Job:
    return replace(
        job.without_wait(),
        tries=0,
        percent=0,
        scenes_completed=0,
        output_url=None,
        expires_at=None,
        download_until=None,
        download_tries=0,
        stored=None,
        stage=None,
        error=None,
        # The person's word begins a new time limit, also for a request that was sent in vain.
        renders=tuple(replace(render, is_absent=False) for render in job.renders),
        message=f"Retry requested by {event.by}",
    )
