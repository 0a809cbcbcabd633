"""What was announced of each job and is not in the database: all that a restored copy can learn of its future.

Pure. An announcement counts only where its event is not stored; positions and numbers of events repeat after a restore.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

import msgspec

from domain.job import Job
from domain.steps import StepKind, next_steps

HARMLESS = frozenset(
    {
        "RenderRequested", "RenderAccepted", "RenderUnresolved", "RenderProgressed", "RenderSucceeded",
        "SceneRendered", "SceneStored", "DownloadAttemptFailed", "VideoStored", "VideoCompleted",
    }
)  # fmt: skip
"""What happens to an attempt after its request without another create: a worker finds it again by following it."""


class AnnouncedEvent(Protocol):
    """A message of the stream of announcements."""

    @property
    def event_id(self) -> str:
        """The event that it announces."""

    @property
    def render_id(self) -> str | None:
        """The provider's id of the render that it is about, where it says so."""

    @property
    def body(self) -> bytes:
        """The body, as it was published."""


class AnnouncedBody(msgspec.Struct, kw_only=True, frozen=True):
    """What is read of a body, of any version of this program. `actual_cost` is known at an end only."""

    job_id: str
    sequence: int
    event: str
    status: str
    occurred_at: datetime
    attempt: int = 0
    actual_cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LostEvents:
    """What was announced of one job and is not stored here: the newest announcement, and what all of them say."""

    last: AnnouncedBody
    events: frozenset[str] = frozenset()
    requested_attempt: int = 0
    render_ids: tuple[str, ...] = ()
    cost: Decimal | None = None

    @property
    def render_id(self) -> str | None:
        """The newest render that was named."""
        return self.render_ids[-1] if self.render_ids else None

    @classmethod
    def of(cls, body: AnnouncedBody, *, render_id: str | None) -> LostEvents:
        """Return what one announcement says."""
        return cls(
            last=body,
            events=frozenset({body.event}),
            requested_attempt=body.attempt if body.event == "RenderRequested" else 0,
            render_ids=() if render_id is None else (render_id,),
            cost=body.actual_cost,
        )

    def then(self, later: LostEvents) -> LostEvents:
        """Return both; what only the earlier one knows stays."""
        return replace(
            later,
            events=self.events | later.events,
            requested_attempt=max(self.requested_attempt, later.requested_attempt),
            render_ids=tuple(dict.fromkeys(self.render_ids + later.render_ids)),
            cost=self.cost if later.cost is None else later.cost,
        )


_decode = msgspec.json.Decoder(AnnouncedBody).decode


def read_body(raw: bytes) -> AnnouncedBody | None:
    """Return the body, None where it is none of ours."""
    try:
        return _decode(raw)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def is_later(body: AnnouncedBody, updated_at: datetime) -> bool:
    """Tell whether this was announced after the job's last stored event, by the one clock of the log.

    Else somebody went on with the job after an earlier restore: that was not forgotten, it was decided.
    Announced times are cut to milliseconds.
    """
    return body.occurred_at + timedelta(milliseconds=1) > updated_at


def would_pay_again(job: Job, lost: LostEvents) -> bool:
    """Tell whether a worker, which knows the stored job alone, might create what was created already.

    A job whose newest request may be open is followed or looked for, unless later attempts or its end were announced.
    """
    kinds = {step.kind for step in next_steps(job)}
    if job.is_final or not kinds:
        return False
    return StepKind.REQUEST in kinds or lost.requested_attempt > job.attempt or not lost.events <= HARMLESS
