"""The reason why one leased job waits, stored for people."""

from __future__ import annotations

import structlog

from domain.errors import ReelwrightError
from domain.records import Lease
from service.jobs.waiting_for import WaitingFor

log = structlog.get_logger()


class JobWaitingFor:
    """What one job waits for. A failure to store it is only logged: nothing depends on it."""

    def __init__(self, waiting_for: WaitingFor, lease: Lease) -> None:
        self._waiting_for = waiting_for
        self._lease = lease
        self._stored: str | None = None

    async def set(self, reason: str) -> None:
        """Store why the job waits, unless that is stored already."""
        if reason != self._stored:
            await self._store(reason)

    async def clear(self) -> None:
        """Remove the stored reason: the job continues."""
        if self._stored is not None:
            await self._store(None)

    async def _store(self, reason: str | None) -> None:
        try:
            if reason is None:
                await self._waiting_for.clear(self._lease)
            else:
                await self._waiting_for.set(self._lease, reason)
        except ReelwrightError as error:
            log.debug("wait_not_told", job_id=self._lease.job_id, reason=str(error))
        else:
            self._stored = reason
