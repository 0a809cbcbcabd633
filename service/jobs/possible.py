"""Which commands a job allows now, so that pages offer only those. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.commands import Cancel, Retry
from domain.decide import decide
from domain.errors import IllegalMove
from domain.events import DownloadRetryRequested, Event
from domain.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleCommands:
    """`no_retry` says why it cannot be tried again, and is None where it can."""

    cancel: bool
    no_retry: str | None
    retry_only_downloads: bool
    """The output is paid and has not expired: trying again renders nothing."""

    @property
    def retry(self) -> bool:
        """Whether it can be tried again."""
        return self.no_retry is None


def possible_commands(job: Job, *, at: datetime) -> PossibleCommands:
    """Return what may be asked of `job` at this time."""
    retried = _outcome(Retry(by="", at=at), job)
    return PossibleCommands(
        cancel=not isinstance(_outcome(Cancel(by=""), job), IllegalMove),
        no_retry=str(retried) if isinstance(retried, IllegalMove) else None,
        retry_only_downloads=not isinstance(retried, IllegalMove) and isinstance(retried[-1], DownloadRetryRequested),
    )


def _outcome(command: Cancel | Retry, job: Job) -> Sequence[Event] | IllegalMove:
    try:
        return decide(command, job)
    except IllegalMove as error:
        return error
