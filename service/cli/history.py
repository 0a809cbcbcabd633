"""A job as its events tell it: how it stands after any of them, and each of them in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from domain.job import Job, replay
from domain.records import Recorded
from domain.summary import JobSummary, summarize
from service.cli.problems import CliError, ExitCode
from service.jobs.views import EventView, JobView, event_view, job_view

if TYPE_CHECKING:
    from service.wiring.stores import Stores


@dataclass(frozen=True, kw_only=True)
class History:
    """The stored events of one job, at least one, oldest first; `kept_by` is what its worker met, in no event."""

    job_id: str
    events: tuple[Recorded, ...]
    kept_by: str | None = None

    @cached_property
    def job(self) -> Job:
        """The state that the events make."""
        return replay(self.job_id, (recorded.event for recorded in self.events))

    @property
    def summary(self) -> JobSummary:
        """What a list shows of it."""
        newest = self.events[-1]
        summary = summarize(
            self.job,
            created_at=self.events[0].recorded_at,
            updated_at=newest.recorded_at,
            position=newest.position,
        )
        return replace(summary, waiting_for=self.kept_by or summary.waiting_for)

    @property
    def view(self) -> JobView:
        """All of the job, for programs."""
        return job_view(self.job, self.summary)

    @property
    def event_views(self) -> Sequence[EventView]:
        """Its events, for programs."""
        return [event_view(recorded) for recorded in self.events]

    def upto(self, at: datetime) -> History:
        """Return what had been stored at a moment."""
        return History(job_id=self.job_id, events=tuple(one for one in self.events if one.recorded_at <= at))


async def load_history(
    stores: Stores, job_id: str, *, version: int | None = None, at: datetime | None = None
) -> History:
    """Read a job as it is, or as it was after `version` events or at a moment."""
    history = History(job_id=job_id, events=await stores.events.history(job_id, upto_version=version))
    if not history.events:
        raise unknown(job_id)
    if version is not None and len(history.events) < version:
        raise _too_early(job_id, f"it has {len(history.events)} events, and version {version} was asked for")
    if at is None:
        return history
    if not (was := history.upto(at)).events:
        raise _too_early(job_id, f"its first event was stored at {history.events[0].recorded_at.isoformat()}")
    return was


def unknown(job_id: str) -> CliError:
    """Return what to say of a job that nobody knows."""
    return CliError(
        f"There is no job {job_id}",
        why="no event of it was ever stored here",
        next_step="reelwright jobs",
        exit_code=ExitCode.NOT_FOUND,
    )


def _too_early(job_id: str, why: str) -> CliError:
    return CliError(
        f"Job {job_id} was never like that",
        why=why,
        next_step=f"reelwright show {job_id}   (lists its events)",
        exit_code=ExitCode.NOT_FOUND,
    )
