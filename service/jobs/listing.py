"""The list of all jobs, page by page, from rows of the read model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from domain.errors import Refused
from domain.steps import NOTHING
from service.http.dependencies import Page, Spent
from service.jobs.views import JobSummary
from service.jobs.waiting_for import WaitingFor


class Rows(Protocol):
    """The read model. Every method raises Unavailable."""

    async def newest(
        self, *, status: str | None, limit: int, before: int | None, text: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return up to `limit` rows whose first event lies before that position, newest first."""

    async def counts(self) -> Mapping[str, int]:
        """Return how many jobs are in each status."""

    async def spent(self, *, since: datetime) -> Sequence[tuple[str | None, str, int]]:
        """Return (estimated cost, actual cost, jobs that have both) of the jobs that began since a moment."""

    async def versions(self, job_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the stored version of each of these jobs."""

    async def last_position(self) -> int:
        """Return the position of the newest event, 0 of an empty log."""


class JobList:
    """Pages of summaries; a cursor is the position at which a page's oldest job began."""

    def __init__(self, rows: Rows, waiting_for: WaitingFor) -> None:
        self._rows = rows
        self._waiting_for = waiting_for

    async def page(self, *, status: str | None, limit: int, after: str | None, text: str | None = None) -> Page:
        """Return up to `limit` jobs behind the cursor `after`. Raises Refused for a bad cursor, Unavailable."""
        rows = await self._rows.newest(status=status, limit=limit + 1, before=_position(after), text=text)
        shown = rows[:limit]
        more = len(rows) > limit
        reasons = await self._waiting_for.of([row["job_id"] for row in shown if row["step"] != NOTHING])
        return Page(
            jobs=[_summary(row, reasons.get(row["job_id"])) for row in shown],
            next_cursor=str(shown[-1]["created_position"]) if more else None,
        )

    async def waiting_for(self, job_id: str) -> str | None:
        """Return what its worker met; None where it goes on, or waits by itself."""
        return (await self._waiting_for.of([job_id])).get(job_id)

    async def counts(self) -> Mapping[str, int]:
        """Return how many jobs are in each status."""
        return await self._rows.counts()

    async def spent(self, *, since: datetime) -> Spent:
        """Sum up the jobs that began since a moment."""
        rows = await self._rows.spent(since=since)
        return Spent(
            jobs=sum(count for _, _, count in rows),
            estimated=sum((Decimal(estimated) * count for estimated, _, count in rows if estimated), Decimal()),
            actual=sum((Decimal(actual) * count for _, actual, count in rows), Decimal()),
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


def _summary(row: Mapping[str, Any], reason: str | None) -> JobSummary:
    return JobSummary(
        job_id=row["job_id"],
        status=row["status"],
        version=row["version"],
        position=row["position"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        percent=row["percent"],
        message=row["message"],
        scenes_total=row["scenes_total"],
        scenes_completed=row["scenes_completed"],
        current_scene=row["current_scene"],
        estimated_completion_seconds=row["estimated_completion_seconds"],
        estimated_cost=None if row["estimated_cost"] is None else Decimal(row["estimated_cost"]),
        actual_cost=Decimal(row["actual_cost"]),
        attempts=row["attempts"],
        error_message=row["error_message"],
        waiting_for=reason or row["waiting_for"],
        video_url=row["video_url"],
    )
