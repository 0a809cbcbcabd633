"""What a job's page shows: the job at its newest version, or at an older one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.evolve import evolve
from domain.job import Job
from domain.machine import Status
from domain.records import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPeriod:
    """A time in one status. `ended_at` is None while it lasts."""

    status: Status
    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPageData:
    """`history` ends at the version that is shown; `all_events` are all that are stored."""

    job: Job
    history: Sequence[Recorded]
    all_events: Sequence[Recorded]
    periods: Sequence[StatusPeriod]
    now: datetime
    ahead: int | None = None
    """How many jobs wait before it; None when it does not wait for a worker."""

    waiting_for: str | None = None
    """Why its worker makes it wait, which is in no event."""

    @property
    def is_newest(self) -> bool:
        """Whether the newest version is shown."""
        return len(self.history) == len(self.all_events)

    @property
    def url(self) -> str:
        """The address of the job in the API."""
        return f"/api/jobs/{self.job.job_id}"


def page_data(all_events: Sequence[Recorded], *, version: int, now: datetime) -> JobPageData:
    """Return what to show of a job after its first `version` events, at least one."""
    history = all_events[:version]
    job, periods = Job(job_id=history[0].job_id), list[StatusPeriod]()
    for recorded in history:
        before, job = job.status, evolve(job, recorded.event)
        if job.status is not before:
            periods[-1:] = [replace(period, ended_at=recorded.recorded_at) for period in periods[-1:]]
            periods.append(StatusPeriod(status=job.status, began_at=recorded.recorded_at))
    return JobPageData(job=job, history=history, all_events=all_events, periods=periods, now=now)
