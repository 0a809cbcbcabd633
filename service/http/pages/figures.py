"""Figures of all jobs, read from the database once for all pages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from service.clock import Clock
from service.jobs.listing import JobCosts, JobList

FRESH_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many jobs are in each status and how many need a person, and the costs of those that began today (UTC)."""

    counts: Mapping[str, int] = field(default_factory=dict)
    needing_operator: int = 0
    today: JobCosts = field(default_factory=JobCosts)


class LatestFigures:
    """The figures, read again after FRESH_SECONDS."""

    def __init__(self, jobs: JobList, *, clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read_at = -FRESH_SECONDS
        self._figures = Figures()

    async def now(self) -> Figures:
        """Return the figures. Raises Unavailable."""
        async with self._lock:
            if self._clock.monotonic() - self._read_at >= FRESH_SECONDS:
                midnight = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
                today = await self._jobs.spent(since=midnight)
                needing_operator = await self._jobs.needing_operator()
                counts = await self._jobs.counts()
                self._figures = Figures(counts=counts, needing_operator=needing_operator, today=today)
                self._read_at = self._clock.monotonic()
        return self._figures
