"""A job made from its stored events, as it is after any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from domain.evolve import replay
from domain.job import Job
from domain.records import Recorded
from domain.summary import JobSummary, summarize
from service.jobs.event_store import EventStore
from service.jobs.views import EventView, JobView, event_view, job_view
from service.jobs.waiting_for import shown_reason


@dataclass(frozen=True, kw_only=True)
class JobHistory:
    """The events of one job, at least one, oldest first; `waiting_for` is its worker's reason, which is in no event."""

    job_id: str
    events: tuple[Recorded, ...]
    waiting_for: str | None = None

    @cached_property
    def job(self) -> Job:
        """The state that the events make."""
        return replay(self.job_id, (recorded.event for recorded in self.events))

    @property
    def summary(self) -> JobSummary:
        """What a list shows of the job."""
        oldest, newest = self.events[0], self.events[-1]
        summary = summarize(
            self.job, created_at=oldest.recorded_at, updated_at=newest.recorded_at, position=newest.position
        )
        return summary._replace(waiting_for=shown_reason(summary.waiting_for, self.waiting_for))

    @property
    def view(self) -> JobView:
        """The whole job as JSON."""
        return job_view(self.job, self.summary)

    @property
    def event_views(self) -> Sequence[EventView]:
        """Its events as JSON."""
        return [event_view(recorded) for recorded in self.events]

    def upto_version(self, version: int) -> JobHistory | None:
        """Return it as it was after so many events; None where it has fewer."""
        return self._prefix(self.events[:version]) if version <= len(self.events) else None

    def upto_moment(self, at: datetime) -> JobHistory | None:
        """Return it as it was at a time; None before its first event."""
        return self._prefix(tuple(recorded for recorded in self.events if recorded.recorded_at <= at))

    def _prefix(self, events: tuple[Recorded, ...]) -> JobHistory | None:
        if len(events) == len(self.events):
            return self
        return JobHistory(job_id=self.job_id, events=events) if events else None


async def read_history(store: EventStore, job_id: str) -> JobHistory | None:
    """Return the events of a job; None for an unknown one. Raises Unavailable."""
    events = await store.history(job_id)
    return JobHistory(job_id=job_id, events=events) if events else None
