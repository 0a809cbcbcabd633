"""Tells people why a job in hand waits, for as long as it does."""

from __future__ import annotations

import structlog

from domain.errors import ReelwrightError
from domain.records import Lease
from service.jobs.waiting_for import WaitingFor

log = structlog.get_logger()


class JobWaitingFor:
    """What one job waits for. That it cannot be kept is no reason to stop: it is for people alone."""

    def __init__(self, waiting_for: WaitingFor, lease: Lease) -> None:
        self._waiting_for = waiting_for
        self._lease = lease
        self._kept: str | None = None

    async def set(self, reason: str) -> None:
        """Say why it waits, unless just that was said last."""
        if reason != self._kept:
            await self._keep(reason)

    async def clear(self) -> None:
        """Say that it goes on, where a reason is kept."""
        if self._kept is not None:
            await self._keep(None)

    async def _keep(self, reason: str | None) -> None:
        try:
            if reason is None:
                await self._waiting_for.clear(self._lease)
            else:
                await self._waiting_for.set(self._lease, reason)
        except ReelwrightError as error:
            log.debug("wait_not_told", job_id=self._lease.job_id, reason=str(error))
        else:
            self._kept = reason
