"""New events, stored events, and the lease that a write may depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.events import Event
from domain.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on a job. An append under it succeeds only while (owner, epoch) is still in the table."""

    job_id: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to be stored; the same `event_id` may be appended again without effect."""

    event_id: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event as it is stored. `position` counts all events from 1 without gaps, `version` those of the job."""

    position: int
    job_id: str
    version: int
    event_id: str
    event: Event
    recorded_at: datetime
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """One all-or-nothing write: `events` follow version `job.version - len(events)` and make it `job`.

    With `lease` the write succeeds only under that lease; with `release` the same transaction gives the lease back.
    """

    job: Job
    events: tuple[NewEvent, ...]
    lease: Lease | None = None
    release: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
