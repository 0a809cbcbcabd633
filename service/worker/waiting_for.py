"""Tells people why a job in hand does not go on, while it does not."""

from __future__ import annotations

from typing import Protocol

import structlog

from domain.errors import ReelwrightError
from domain.records import Lease

log = structlog.get_logger()


class Waits(Protocol):
    """Where it is written down. Every method raises Unavailable."""

    async def note(self, lease: Lease, reason: str) -> None:
        """Say why the job waits."""

    async def clear(self, lease: Lease) -> None:
        """Say that the job goes on."""


class Wait:
    """What was said of one job. That it could not be said is no reason to stop: it is for people alone."""

    def __init__(self, waits: Waits, lease: Lease) -> None:
        self._waits = waits
        self._lease = lease
        self._said: str | None = None

    async def because(self, reason: str) -> None:
        """Say why, unless that was the last word."""
        if reason != self._said:
            await self._try(reason)

    async def over(self) -> None:
        """Say that it goes on, if anything else was said."""
        if self._said is not None:
            await self._try(None)

    async def _try(self, reason: str | None) -> None:
        try:
            await (self._waits.clear(self._lease) if reason is None else self._waits.note(self._lease, reason))
        except ReelwrightError as error:
            log.debug("wait_not_told", job_id=self._lease.job_id, reason=str(error))
        else:
            self._said = reason
