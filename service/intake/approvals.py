"""Approvals from the stream, which gives again what was taken long ago: those older than a restore are held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from domain.commands import Approve
from domain.job import Job
from service.intake.approval import Approval, refuse
from service.jobs.event_store import EventStore
from service.jobs.history import read_history
from service.jobs.operations import ApprovalConflict, JobOperations

log = structlog.get_logger()

LOOK_SECONDS = 1.0
"""How long it may be believed that the database was not restored meanwhile."""


class Restores(Protocol):
    """When the database was put back from a copy."""

    async def last(self) -> datetime | None:
        """Return when it last was, None when it never was. Raises Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message as the stream holds it. `at` is when the stream took it."""

    at: datetime
    payload: bytes


class Intake:
    """Takes approvals from the stream, each as often as it comes."""

    def __init__(
        self, operations: JobOperations, store: EventStore, restores: Restores, *, monotonic: Callable[[], float]
    ) -> None:
        self._operations = operations
        self._store = store
        self._restores = restores
        self._monotonic = monotonic
        self._restored_at: datetime | None = None
        self._looked_at = -LOOK_SECONDS

    async def take(self, approval: Approval, *, sent: Sent) -> Job | ApprovalConflict:
        """Store what the approval means; one that may have been rendered already is held. Raises Unavailable."""
        if await self._may_be_forgotten(approval, sent):
            approval = _held(approval, sent)
        return await self._operations.approve(approval.job_id, approval.command)

    async def _may_be_forgotten(self, approval: Approval, sent: Sent) -> bool:
        """Tell whether this may have been rendered after the copy was made from which the database was restored.

        A job that is refused in the copy, or here, may have been approved after it.
        """
        restored_at = await self._last_restore()
        if restored_at is None or sent.at >= restored_at or not isinstance(approval.command, Approve):
            return False
        history = await read_history(self._store, approval.job_id)
        return history is None or history.job.last_event == "StoryboardRefused"

    async def _last_restore(self) -> datetime | None:
        if self._monotonic() - self._looked_at >= LOOK_SECONDS:
            self._restored_at = await self._restores.last()
            self._looked_at = self._monotonic()
        return self._restored_at


def _held(approval: Approval, sent: Sent) -> Approval:
    """Return the approval as a refusal, which waits for a new approval: that one is younger than the restore."""
    reason = (
        f"Approved at {sent.at:%Y-%m-%d %H:%M:%S} UTC, before the database was restored from a copy: "
        "it may have been rendered already. To render it, approve it again"
    )
    log.warning("approval_held", job_id=approval.job_id, sent_at=sent.at.isoformat())
    return replace(approval, command=refuse(sent.payload, reason=reason))
