"""What the list of jobs asks beside a page of it: a search, figures of all jobs, and what today came to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from time import monotonic
from typing import Final

from service.api.parts import JobList, Page
from service.views import JobSummary

CHUNK: Final = 500
MOST_READ: Final = 10_000
"""Jobs that a search or a day's sum looks at, newest first; what lies behind is said, not guessed."""
FRESH_SECONDS: Final = 1.0
SUM_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the jobs that began today (UTC) come to. `whole` is false when there are more than were read."""

    jobs: int = 0
    estimated: Decimal = Decimal(0)
    actual: Decimal = Decimal(0)
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All jobs in a few figures."""

    counts: Mapping[str, int]
    today: Spent


async def search(jobs: JobList, text: str, *, status: str | None, limit: int) -> Sequence[JobSummary]:
    """Return up to `limit` jobs, newest first, whose id or news contain `text`, whatever its case."""
    wanted, found = text.casefold(), list[JobSummary]()
    async for page in _chunks(jobs, status=status):
        for job in page.jobs:
            if _holds(job, wanted):
                found.append(job)
            if len(found) == limit:
                return found
    return found


class Overviews:
    """The newest overview, made at most once a second however many ask."""

    def __init__(self, jobs: JobList, *, now: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._now = now
        self._making = asyncio.Lock()
        self._made_at = self._summed_at = -SUM_SECONDS
        self._spent = Spent()
        self._overview = Overview(counts={}, today=self._spent)

    async def now(self) -> Overview:
        """Return it. Raises Unavailable."""
        async with self._making:
            if monotonic() - self._made_at >= FRESH_SECONDS:
                counts = await self._jobs.counts()
                self._overview = Overview(counts=counts, today=await self._sum(sum(counts.values())))
                self._made_at = monotonic()
        return self._overview

    async def _sum(self, jobs: int) -> Spent:
        """Sum up anew; a long list is read more seldom."""
        if monotonic() - self._summed_at >= (SUM_SECONDS if jobs > CHUNK else FRESH_SECONDS):
            self._spent = await _spent(self._jobs, since=_midnight(self._now()))
            self._summed_at = monotonic()
        return self._spent


async def _spent(jobs: JobList, *, since: datetime) -> Spent:
    total, count = Spent(), 0
    async for page in _chunks(jobs, status=None):
        for job in page.jobs:
            if job.created_at < since:
                return total
            count += 1
            total = Spent(
                jobs=count,
                estimated=total.estimated + (job.estimated_cost or 0),
                actual=total.actual + job.actual_cost,
                whole=count < MOST_READ,
            )
    return total


async def _chunks(jobs: JobList, *, status: str | None) -> AsyncIterator[Page]:
    cursor: str | None = None
    for _ in range(MOST_READ // CHUNK):
        page = await jobs.page(status=status, limit=CHUNK, after=cursor)
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return


def _holds(job: JobSummary, wanted: str) -> bool:
    return any(wanted in (text or "").casefold() for text in (job.job_id, job.message, job.error_message))


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
