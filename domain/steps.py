"""What a worker has to do next for a job, and when: a pure reading of its state."""

from __future__ import annotations

from enum import StrEnum

from domain.job import Job, RenderState
from domain.machine import Status


class Step(StrEnum):
    """The next thing to do. NOTHING: until somebody orders something."""

    REQUEST = "request"
    RECONCILE = "reconcile"
    FOLLOW = "follow"
    DOWNLOAD = "download"
    COMPLETE = "complete"
    SETTLE = "settle"
    NOTHING = "nothing"


_RENDERING = {
    RenderState.REQUESTED: Step.RECONCILE,
    RenderState.ACCEPTED: Step.FOLLOW,
    RenderState.DEFERRED: Step.REQUEST,
    RenderState.UNRESOLVED: Step.NOTHING,
    RenderState.FAILED: Step.REQUEST,
    RenderState.GIVEN_UP: Step.REQUEST,
    RenderState.SUCCEEDED: Step.NOTHING,
    RenderState.SETTLED: Step.NOTHING,
}


def next_step(job: Job) -> Step:
    """Return what comes next; `job.retry_at` says not before when."""
    match job.status:
        case Status.APPROVED:
            return Step.REQUEST
        case Status.RENDERING:
            return _RENDERING[job.render.state] if job.render else Step.REQUEST
        case Status.DOWNLOADING:
            return Step.DOWNLOAD if job.stored is None else Step.COMPLETE
        case Status.FAILED | Status.CANCELLED:
            return Step.SETTLE if job.open_renders else Step.NOTHING
        case Status.NEW | Status.COMPLETED:
            return Step.NOTHING


def rests(job: Job) -> bool:
    """Whether no worker is needed now: it has ended, waits for a time, or waits for a person."""
    return job.retry_at is not None or next_step(job) is Step.NOTHING


def waiting_for(job: Job) -> str | None:
    """Say why nothing happens right now; None when a worker has it in hand or it has ended.

    The word `needs_operator` is alone, so that a program can look for it; the job's message says why.
    """
    if job.needs_operator:
        return "needs_operator"
    if job.retry_at is not None:
        return f"retry at {job.retry_at:%H:%M:%S} UTC: {job.last_problem}"
    if job.status is Status.APPROVED:
        return "waits for a free worker"
    if next_step(job) is Step.SETTLE:
        return "a render is still open at the provider and is being cancelled"
    return None
