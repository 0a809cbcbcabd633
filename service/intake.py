"""Approvals become jobs here, from the bus and from HTTP. Nothing is dropped: what cannot be read is recorded."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from domain.commands import Approve, RefuseStoryboard
from domain.errors import IllegalMove
from domain.job import Job
from service.ledger import Ledger
from service.messages import Approval

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a readable approval was not taken: its job has another storyboard."""

    job_id: str
    reason: str


class Intake:
    """Takes approvals, each as often as it comes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def take(self, approval: Approval) -> Job | Rejection:
        """Store what the approval means; the same one again changes nothing. Raises Unavailable."""
        try:
            job = await self._ledger.begin(approval.job_id, approval.order)
        except IllegalMove:
            return self._reject(approval)
        log.info("approval_taken", job_id=job.job_id, status=str(job.status), version=job.version)
        return job

    def _reject(self, approval: Approval) -> Rejection:
        match approval.order:
            case Approve():
                why = f"Job {approval.job_id} was already approved with another storyboard"
            case RefuseStoryboard(reason=reason):
                why = f"{reason}, and job {approval.job_id} exists already"
        log.warning("approval_rejected", job_id=approval.job_id, reason=why)
        return Rejection(job_id=approval.job_id, reason=why)
