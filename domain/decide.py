"""Which events a command makes of a job. Pure: the same command on the same job always gives the same events.

Raises IllegalMove when the command is not possible in the job's state. No events: the job is already as asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from typing import assert_never

from domain import commands as c
from domain import events as e
from domain.decide_download import decide_download
from domain.decide_render import decide_render
from domain.errors import IllegalMove
from domain.evolve import evolve
from domain.job import Job, Render
from domain.machine import Status


def decide(command: c.Command, job: Job) -> tuple[e.Event, ...]:
    """Return the events that `command` makes, oldest first, each of them legal after the one before."""
    return advance(command, job)[0]


def advance(command: c.Command, job: Job) -> tuple[tuple[e.Event, ...], Job]:
    """Return what `decide` returns, and the job as these events make it."""
    events = tuple(_decide(command, job))
    return events, reduce(evolve, events, job)


def _decide(command: c.Command, job: Job) -> Sequence[e.Event]:
    if isinstance(command, c.RenderCommand):
        return decide_render(command, job)
    if isinstance(command, c.DownloadCommand):
        return decide_download(command, job)
    match command:
        case c.Approve():
            return _approve(command, job)
        case c.RefuseStoryboard():
            return _refuse(command, job)

        case c.FailJob():
            return [e.JobFailed(stage=str(job.status), reason=command.reason)]
        case c.Cancel():
            return _cancel(command, job)
        case c.Retry():
            return [_retry(command, job)]
        case _:
            assert_never(command)


def _approve(command: c.Approve, job: Job) -> Sequence[e.Event]:
    if command.storyboard_hash == job.storyboard_hash:
        return []
    return [
        e.StoryboardApproved(
            storyboard=command.storyboard,
            output=command.output,
            storyboard_hash=command.storyboard_hash,
            estimated_cost=command.estimated_cost,
            warnings=command.warnings,
        )
    ]


def _refuse(command: c.RefuseStoryboard, job: Job) -> Sequence[e.Event]:
    if command.received_hash == job.received_hash:
        return []
    return [e.StoryboardRefused(reason=command.reason, received=command.received, received_hash=command.received_hash)]


def _cancel(command: c.Cancel, job: Job) -> Sequence[e.Event]:
    given_up = [
        e.RenderResolved(token=render.token, outcome="given_up", by=command.by) for render in job.unresolved_renders
    ]
    return [*given_up, e.JobCancelled(by=command.by, reason=command.reason)]


def unresolved_render(job: Job, scene: int | None) -> Render:
    """Return the unresolved render of this scene; None chooses the only one. Raises IllegalMove."""
    found = [render for render in job.unresolved_renders if scene in (None, render.scene)]
    if len(found) == 1:
        return found[0]
    scenes = ", ".join(str(render.scene) for render in job.unresolved_renders)
    if found:
        raise IllegalMove(f"several renders of this job need a person: say which scene, one of {scenes}")
    raise IllegalMove(f"no render of scene {scene} needs a person" if scene else "no render of this job needs a person")


def _retry(command: c.Retry, job: Job) -> e.Event:
    if job.needs_operator:
        render = unresolved_render(job, command.scene)
        return e.RenderResolved(token=render.token, outcome="not_created", by=command.by)
    if job.last_event == "StoryboardRefused":
        raise IllegalMove("a refused job wants a new approval")
    if job.status is Status.FAILED and job.open_renders:
        raise IllegalMove("a render of this job is still being ended: retry when it is settled")
    expires_at = job.expires_at and job.expires_at + timedelta(seconds=command.ahead_seconds)
    if job.status is Status.FAILED and job.output_url and (expires_at is None or expires_at > command.at):
        until = command.at + timedelta(seconds=command.download_seconds)
        return e.DownloadRetryRequested(
            by=command.by,
            output_url=job.output_url,
            expires_at=expires_at,
            download_until=min(until, expires_at) if expires_at else until,
        )
    return e.RetryRequested(by=command.by)
