"""The list of all jobs, page by page, from the read model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.cost import total, total_or_none
from domain.errors import Refused
from domain.summary import JobSummary, ListedJob, Spent
from service.jobs.waiting_for import WaitingFor, shown_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """A page of the list of jobs. `next_cursor` is None on the last one."""

    jobs: Sequence[JobSummary]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCosts:
    """The costs of some jobs, in USD; `estimated` leaves out those without an estimate.

    `list_price` is what jobs would have cost that nobody sent a bill for; None where there is none.
    """

    jobs: int = 0
    estimated: Decimal = Decimal(0)
    actual: Decimal = Decimal(0)
    list_price: Decimal | None = None

    def __add__(self, other: JobCosts) -> JobCosts:
        return JobCosts(
            jobs=self.jobs + other.jobs,
            estimated=total([self.estimated, other.estimated]),
            actual=total([self.actual, other.actual]),
            list_price=total_or_none([self.list_price, other.list_price]),
        )


class Rows(Protocol):
    """The read model. Every method raises Unavailable."""

    async def newest(
        self,
        *,
        status: str | None,
        limit: int,
        before: int | None,
        text: str | None = None,
        waiting_for: str | None = None,
    ) -> Sequence[ListedJob]:
        """Return up to `limit` jobs whose first event lies before that position, newest first."""

    async def counts(self) -> Mapping[str, int]:
        """Return how many jobs are in each status."""

    async def needing_operator(self) -> int:
        """Return how many jobs need a person."""

    async def spent(self, *, since: datetime) -> Sequence[Spent]:
        """Return the costs of the jobs created since a time."""

    async def versions(self, job_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the stored version of each of these jobs."""

    async def last_position(self) -> int:
        """Return the position of the newest event, 0 of an empty log."""


class JobList:
    """Pages of summaries. A cursor is the position of a job's first event. Every method raises Unavailable."""

    def __init__(self, rows: Rows, waiting_for: WaitingFor) -> None:
        self._rows = rows
        self._waiting_for = waiting_for

    async def page(
        self,
        *,
        status: str | None,
        limit: int,
        after: str | None,
        text: str | None = None,
        waiting_for: str | None = None,
    ) -> JobPage:
        """Return up to `limit` jobs, newest first, behind the cursor `after`. Raises Refused for a bad cursor.

        With `text` only jobs whose id, message, error, reason to wait or render ids contain it, in any case. With
        `waiting_for` only jobs whose reason to wait begins with it; with an empty one, all that wait.
        """
        found = await self._rows.newest(
            status=status, limit=limit + 1, before=_position(after), text=text, waiting_for=waiting_for
        )
        rows = found[:limit]
        reasons = await self._waiting_for.of([row.summary.job_id for row in rows if not row.is_idle])
        return JobPage(
            jobs=[_with_reason(row.summary, reasons) for row in rows],
            next_cursor=str(rows[-1].created_position) if len(found) > limit else None,
        )

    async def waiting_for(self, job_id: str) -> str | None:
        """Return the reason that its worker stored; None where it stored none."""
        return (await self._waiting_for.of([job_id])).get(job_id)

    async def counts(self) -> Mapping[str, int]:
        """Return how many jobs are in each status."""
        return await self._rows.counts()

    async def needing_operator(self) -> int:
        """Return how many jobs need a person."""
        return await self._rows.needing_operator()

    async def spent(self, *, since: datetime) -> JobCosts:
        """Return the costs of the jobs created since a time."""
        rows = await self._rows.spent(since=since)
        return JobCosts(
            jobs=sum(row.jobs for row in rows),
            estimated=total(Decimal(row.estimated_cost) * row.jobs for row in rows if row.estimated_cost),
            actual=total(Decimal(row.actual_cost) * row.jobs for row in rows),
            list_price=total_or_none(Decimal(row.list_price) * row.jobs for row in rows if row.list_price),
        )

    async def versions(self, job_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the stored version of each of these jobs."""
        return await self._rows.versions(job_ids)

    async def last_position(self) -> int:
        """Return the position of the newest event, 0 of an empty log."""
        return await self._rows.last_position()


def _position(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > len(str(2**63)):
        raise Refused("the cursor is not one that this service gave out")
    return min(int(cursor), 2**63 - 1)


def _with_reason(summary: JobSummary, reasons: Mapping[str, str]) -> JobSummary:
    return summary._replace(waiting_for=shown_reason(summary.waiting_for, reasons.get(summary.job_id)))
