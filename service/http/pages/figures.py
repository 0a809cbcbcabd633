"""All jobs in a few figures, asked for once however many pages want them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from service.clock import Clock
from service.jobs.listing import JobCosts, JobList

FRESH_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many jobs are in each state, and what those that began today (UTC) come to."""

    counts: Mapping[str, int] = field(default_factory=dict)
    today: JobCosts = field(default_factory=JobCosts)


class LatestFigures:
    """The newest figures, made at most once a second."""

    def __init__(self, jobs: JobList, *, clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._making = asyncio.Lock()
        self._made_at = -FRESH_SECONDS
        self._figures = Figures()

    async def now(self) -> Figures:
        """Return them. Raises Unavailable."""
        async with self._making:
            if self._clock.monotonic() - self._made_at >= FRESH_SECONDS:
                today = await self._jobs.spent(since=_midnight(self._clock.now()))
                self._figures = Figures(counts=await self._jobs.counts(), today=today)
                self._made_at = self._clock.monotonic()
        return self._figures


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
