"""Approvals become jobs here, from the bus and from HTTP. Nothing is dropped: what cannot be read is recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Protocol

import structlog

from domain.commands import Approve, RefuseStoryboard
from domain.errors import IllegalMove
from domain.job import Job
from service.intake.approval import Approval, refuse
from service.jobs.repository import JobRepository

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a readable approval was not taken: its job has another storyboard."""

    job_id: str
    reason: str


class Intake:
    """Takes approvals, each as often as it comes."""

    def __init__(self, repository: JobRepository, restores: Restores | None = None) -> None:
        self._repository = repository
        self._restores = restores
        self._restored_at: datetime | None = None
        self._looked_at = -LOOK_SECONDS

    async def take(self, approval: Approval, *, sent: Sent | None = None) -> Job | Rejection:
        """Store what the approval means; the same one again changes nothing. Raises Unavailable.

        `sent`: it comes from the stream, which gives messages again that were taken long ago.
        """
        if sent is not None and await self._may_be_forgotten(approval, sent):
            approval = _held(approval, sent)
        try:
            job = await self._repository.begin(approval.job_id, approval.command)
        except IllegalMove:
            return self._reject(approval)
        log.info("approval_taken", job_id=job.job_id, status=str(job.status), version=job.version)
        return job

    async def _may_be_forgotten(self, approval: Approval, sent: Sent) -> bool:
        """Tell whether this may have been rendered after the copy was made from which the database was restored.

        A job that is refused in the copy, or here, may have been approved after it.
        """
        restored_at = await self._last_restore()
        if restored_at is None or sent.at >= restored_at or not isinstance(approval.command, Approve):
            return False
        job = await self._repository.load(approval.job_id)
        return not job.version or job.last_event == "StoryboardRefused"

    async def _last_restore(self) -> datetime | None:
        if self._restores is not None and monotonic() - self._looked_at >= LOOK_SECONDS:
            self._restored_at = await self._restores.last()
            self._looked_at = monotonic()
        return self._restored_at

    def _reject(self, approval: Approval) -> Rejection:
        match approval.command:
            case Approve():
                why = f"Job {approval.job_id} was already approved with another storyboard"
            case RefuseStoryboard(reason=reason):
                why = f"{reason}, and job {approval.job_id} exists already"
        log.warning("approval_rejected", job_id=approval.job_id, reason=why)
        return Rejection(job_id=approval.job_id, reason=why)


def _held(approval: Approval, sent: Sent) -> Approval:
    """Return the approval as a refusal, which waits for a new approval: that one is younger than the restore."""
    reason = (
        f"Approved at {sent.at:%Y-%m-%d %H:%M:%S} UTC, before the database was restored from a copy: "
        "it may have been rendered already. To render it, approve it again"
    )
    log.warning("approval_held", job_id=approval.job_id, sent_at=sent.at.isoformat())
    return replace(approval, command=refuse(sent.payload, reason=reason))
