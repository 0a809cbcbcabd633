"""What a worker does next for a job, and what the job waits for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from domain.job import Job, RenderState
from domain.machine import Status

NOTHING = "nothing"
"""The read model's text for no step; else it has the kind of the most urgent one."""


NEEDS_OPERATOR = "needs_operator"
"""What a job waits for where only a person can decide how it continues. It stands alone, whatever else goes on."""


class StepKind(StrEnum):
    """The kinds of steps, the most urgent first: what may have been paid comes before what will be paid."""

    SETTLE = "settle"
    RECONCILE = "reconcile"
    FOLLOW = "follow"
    DOWNLOAD = "download"
    COMPLETE = "complete"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do. `scene` is None where it is about the whole job."""

    kind: StepKind
    scene: int | None = None


_URGENCY = tuple(StepKind)
_OF_THE_JOB = {kind: (Step(kind=kind),) for kind in StepKind}
"""Made once: every append asks for the steps."""
_RENDERING = {
    RenderState.REQUESTED: StepKind.RECONCILE,
    RenderState.ACCEPTED: StepKind.FOLLOW,
    RenderState.DEFERRED: StepKind.REQUEST,
    RenderState.UNRESOLVED: None,
    RenderState.FAILED: StepKind.REQUEST,
    RenderState.GIVEN_UP: None,
    RenderState.SUCCEEDED: None,
    RenderState.SETTLED: None,
}


def next_steps(job: Job) -> tuple[Step, ...]:
    """Return what to do, the most urgent first: at most one step for each scene, and those of the whole job.

    Empty: nothing, until somebody gives a command. None is due before `job.retry_at`.
    """
    match job.status:
        case Status.APPROVED:
            return _OF_THE_JOB[StepKind.REQUEST]
        case Status.RENDERING:
            return _rendering(job)
        case Status.DOWNLOADING:
            return _OF_THE_JOB[StepKind.DOWNLOAD if job.stored is None else StepKind.COMPLETE]
        case Status.FAILED | Status.CANCELLED:
            scenes = dict.fromkeys(render.scene for render in job.open_renders)
            return tuple(Step(kind=StepKind.SETTLE, scene=scene) for scene in scenes)
        case Status.NEW | Status.COMPLETED:
            return ()
        case _:
            assert_never(job.status)


def _rendering(job: Job) -> tuple[Step, ...]:
    """Return the steps of the scenes: the newest render of each decides."""
    newest = {render.scene: render.state for render in job.renders}
    if newest.keys() == {None}:
        kind = _RENDERING[newest[None]]
        return () if kind is None else _OF_THE_JOB[kind]
    steps = [Step(kind=kind, scene=scene) for scene, state in newest.items() if (kind := _RENDERING[state])]
    return tuple(sorted(steps, key=lambda step: _URGENCY.index(step.kind)))


def is_idle(job: Job) -> bool:
    """Tell whether no worker is needed now: the job has ended, waits for a time, or waits for a person."""
    return job.retry_at is not None or not next_steps(job)


def waiting_for(job: Job) -> str | None:
    """Say why nothing happens now; None when a worker works on the job or it has ended.

    `needs_operator` comes without a reason, so that programs can look for it; the job's message has the reason.
    """
    if job.needs_operator:
        return NEEDS_OPERATOR
    if job.retry_at is not None:
        return f"retry at {job.retry_at:%H:%M:%S} UTC: {job.last_problem}"
    if job.status is Status.APPROVED:
        return "waits for a free worker"
    if job.is_final and job.open_renders:
        return "a render is still open at the provider and is being cancelled"
    return None
