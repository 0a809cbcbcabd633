"""Approvals from the stream. It may deliver old ones again: those older than a restore are held."""

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

RESTORE_CHECK_SECONDS = 1.0
"""How long the time of the last restore is cached."""


class Restores(Protocol):
    """When the database was restored from a copy."""

    async def last(self) -> datetime | None:
        """Return the time of the last restore, None when there was none. Raises Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMessage:
    """A message of the stream, with the time at which the stream stored it."""

    at: datetime
    payload: bytes


class Intake:
    """Stores approvals from the stream. The same one may come any number of times."""

    def __init__(
        self, operations: JobOperations, store: EventStore, restores: Restores, *, monotonic: Callable[[], float]
    ) -> None:
        self._operations = operations
        self._store = store
        self._restores = restores
        self._monotonic = monotonic
        self._restored_at: datetime | None = None
        self._checked_at = -RESTORE_CHECK_SECONDS

    async def take(self, approval: Approval, *, sent: StreamMessage) -> Job | ApprovalConflict:
        """Execute the approval's command; one that may have been rendered already is held. Raises Unavailable."""
        if await self._may_have_been_rendered(approval, sent):
            approval = _hold(approval, sent)
        return await self._operations.approve(approval.job_id, approval.command)

    async def _may_have_been_rendered(self, approval: Approval, sent: StreamMessage) -> bool:
        """Tell whether the restored copy may lack a render of this approval.

        A job that is unknown or refused now may have been approved and rendered after the copy was made.
        """
        restored_at = await self._last_restore()
        if restored_at is None or sent.at >= restored_at or not isinstance(approval.command, Approve):
            return False
        history = await read_history(self._store, approval.job_id)
        return history is None or history.job.last_event == "StoryboardRefused"

    async def _last_restore(self) -> datetime | None:
        if self._monotonic() - self._checked_at >= RESTORE_CHECK_SECONDS:
            self._restored_at = await self._restores.last()
            self._checked_at = self._monotonic()
        return self._restored_at


def _hold(approval: Approval, sent: StreamMessage) -> Approval:
    """Return the approval as a refusal; a new approval, which is newer than the restore, renders the job."""
    reason = (
        f"Approved at {sent.at:%Y-%m-%d %H:%M:%S} UTC, before the database was restored from a copy: "
        "it may have been rendered already. To render it, approve it again"
    )
    log.warning("approval_held", job_id=approval.job_id, sent_at=sent.at.isoformat())
    return replace(approval, command=refuse(sent.payload, reason=reason))
