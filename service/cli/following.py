"""A job as it moves, read from the database again and again: it needs no running service, and misses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from domain.errors import Unavailable
from domain.records import Recorded
from service.cli.history import unknown
from service.jobs.history import JobHistory
from service.log_readers.reader import JobLog, LogReader
from service.wiring.clock import CLOCK

if TYPE_CHECKING:
    from service.wiring.stores import Stores

POLL_SECONDS = 0.2
LOOKS = 5
"""How often one figure of the read model is looked at, before the events themselves are."""
DATABASE_AWAY_SECONDS = 30.0


async def follow(stores: Stores, job_id: str) -> AsyncIterator[JobHistory | None]:
    """Yield the job each time it has changed, until it has ended; None after every look that found nothing new.

    Raises Problem for a job that does not exist, and Unavailable when the database stays away.
    """
    job = _FollowedJob(stores, job_id)
    answered_at = CLOCK.monotonic()
    while True:
        try:
            async for history in job.histories():
                answered_at = CLOCK.monotonic()
                yield history
                if history is not None and history.job.is_final:
                    return
        except Unavailable:
            if CLOCK.monotonic() - answered_at > DATABASE_AWAY_SECONDS:
                raise
            await asyncio.sleep(POLL_SECONDS)


class _FollowedJob:
    """What was read of one job so far."""

    def __init__(self, stores: Stores, job_id: str) -> None:
        self._stores = stores
        self._job_id = job_id
        self._reader = LogReader("watch", JobLog(stores.events, job_id), wait=self._wait)
        self._events: tuple[Recorded, ...] = ()

    async def histories(self) -> AsyncIterator[JobHistory | None]:
        """Yield all that is known each time there is more, else None."""
        changed = False
        async for page in self._reader.follow(self._position):
            if page is not None:
                self._events += tuple(event.recorded for event in page.events)
                changed = True
                continue
            if not self._events:
                raise unknown(self._job_id)
            yield JobHistory(job_id=self._job_id, events=self._events) if changed else None
            changed = False

    async def _position(self) -> int:
        return self._events[-1].position if self._events else 0

    async def _wait(self, _position: int) -> None:
        for _ in range(LOOKS):
            await asyncio.sleep(POLL_SECONDS)
            versions = await self._stores.jobs.versions([self._job_id])
            if versions.get(self._job_id) != self._events[-1].version:
                return
