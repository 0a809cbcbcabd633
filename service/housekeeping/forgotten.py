"""What a restored copy has forgotten, as values: for the command line to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.rendering import ListedRender
from service.housekeeping.announced import LostEvents


class Outcome(StrEnum):
    """What becomes of a job of which more was announced than the copy knows."""

    UNKNOWN = "unknown"
    STOPPED = "stopped"
    GOES_ON = "goes_on"
    NEEDS_OPERATOR = "needs_operator"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenJob:
    """A job of which more was announced than the copy knows. `status` is that in the copy, None for an unknown job."""

    job_id: str
    status: str | None
    lost: LostEvents
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenJobs:
    """All jobs of which more was announced. `is_complete`: the stream reaches back to the copy."""

    jobs: tuple[ForgottenJob, ...] = ()
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UnownedRenders:
    """Renders in the provider's list that no job owns, newest first; `problem` says why some may be missing."""

    renders: tuple[ListedRender, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What was found and done. `unowned` is None where no renderer costs money."""

    restored_at: datetime
    position: int
    last_event_at: datetime | None
    forgotten: ForgottenJobs
    stopped: int
    unfinished: int
    approvals: int
    unowned: UnownedRenders | None
