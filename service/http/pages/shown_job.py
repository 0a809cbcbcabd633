"""A job as its page shows it: at its newest version, or as it was at an older one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.evolve import evolve
from domain.job import Job
from domain.machine import Status
from domain.records import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stay in a state. `left_at` is None while it lasts."""

    status: Status
    since: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`history` ends at the shown version; `all_events` is everything that is stored."""

    job: Job
    history: Sequence[Recorded]
    all_events: Sequence[Recorded]
    visits: Sequence[Visit]
    now: datetime
    ahead: int | None = None
    """How many jobs wait before it; None where it does not wait for a worker."""

    waiting_for: str | None = None
    """What its worker met; None where it goes on, or waits by itself."""

    @property
    def is_newest(self) -> bool:
        """Whether nothing has happened since."""
        return len(self.history) == len(self.all_events)

    @property
    def url(self) -> str:
        """Where the interface has the job."""
        return f"/api/jobs/{self.job.job_id}"


def show_at(all_events: Sequence[Recorded], *, version: int, now: datetime) -> Shown:
    """Return the job after its first `version` events, of which there is at least one."""
    history = all_events[:version]
    job, visits = Job(job_id=history[0].job_id), list[Visit]()
    for recorded in history:
        before, job = job.status, evolve(job, recorded.event)
        if job.status is not before:
            visits[-1:] = [Visit(status=v.status, since=v.since, left_at=recorded.recorded_at) for v in visits[-1:]]
            visits.append(Visit(status=job.status, since=recorded.recorded_at))
    return Shown(job=job, history=history, all_events=all_events, visits=visits, now=now)
