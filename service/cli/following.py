"""Follows a job by polling the database: needs no running service and misses no event."""

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
VERSION_CHECKS = 5
"""How often the version in the read model is compared, which is cheap, before the events are read."""
DATABASE_AWAY_SECONDS = 30.0


async def follow(stores: Stores, job_id: str) -> AsyncIterator[JobHistory | None]:
    """Yield the job after each change until it has ended; None after a poll without a change.

    Raises CliError for a job that does not exist, and Unavailable where the database stays away.
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
    """The events of one job that were read so far."""

    def __init__(self, stores: Stores, job_id: str) -> None:
        self._stores = stores
        self._job_id = job_id
        self._reader = LogReader("watch", JobLog(stores.events, job_id), wait=self._wait)
        self._events: tuple[Recorded, ...] = ()

    async def histories(self) -> AsyncIterator[JobHistory | None]:
        """Yield the whole history after each change, else None."""
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
        for _ in range(VERSION_CHECKS):
            await asyncio.sleep(POLL_SECONDS)
            versions = await self._stores.jobs.versions([self._job_id])
            if versions.get(self._job_id) != self._events[-1].version:
                return
