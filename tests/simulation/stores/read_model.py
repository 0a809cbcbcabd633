"""The read model in memory: lists of jobs, and jobs that have ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from string import ascii_lowercase, ascii_uppercase

from adapters.sql.summary_columns import read_summary
from domain.machine import FINAL
from domain.steps import NEEDS_OPERATOR, NOTHING
from domain.summary import EndedJob, ListedJob, Spent
from domain.times import read_time, time_text
from service.jobs.waiting_for import shown_reason
from tests.simulation.stores.database import MemoryDatabase
from tests.simulation.stores.tables import MemoryTables, TableRow
from tests.simulation.stores.work import in_force

_SEARCHED = ("job_id", "message", "error_message", "waiting_for")
_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


class MemoryJobs:
    """The list of all jobs. Every method raises Unavailable."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def newest(
        self,
        *,
        status: str | None,
        limit: int,
        before: int | None,
        text: str | None = None,
        waiting_for: str | None = None,
    ) -> Sequence[ListedJob]:
        """Return up to `limit` jobs whose first event lies before the position `before`, newest first."""

        def fits(tables: MemoryTables, row: TableRow) -> bool:
            return (
                (status is None or row["status"] == status)
                and (before is None or row["created_position"] < before)
                and (text is None or _contains(tables, row, text))
                and (waiting_for is None or _waits_for(tables, row, waiting_for))
            )

        def find(tables: MemoryTables) -> Sequence[TableRow]:
            return [row for row in reversed(tables.jobs.values()) if fits(tables, row)][:limit]

        return [_listed(row) for row in await self._database.run("newest", find)]

    async def one(self, job_id: str) -> TableRow | None:
        """Return the row of a job, None for an unknown one."""
        return await self._database.run("one", lambda tables: tables.jobs.get(job_id))

    async def counts(self) -> Mapping[str, int]:
        """Return how many jobs are in each status."""
        return await self._database.run(
            "counts", lambda tables: dict(Counter(row["status"] for row in tables.jobs.values()))
        )

    async def needing_operator(self) -> int:
        """Return how many jobs need a person."""
        return await self._database.run(
            "needing_operator",
            lambda tables: sum(row["waiting_for"] == NEEDS_OPERATOR for row in tables.jobs.values()),
        )

    async def spent(self, *, since: datetime) -> Sequence[Spent]:
        """Return the costs of the jobs created since a time."""
        began = time_text(since)

        def count(tables: MemoryTables) -> Counter[tuple[str | None, str, str | None]]:
            rows = (row for row in tables.jobs.values() if row["created_at"] >= began)
            return Counter((row["estimated_cost"], row["actual_cost"], row["list_price"]) for row in rows)

        counted = await self._database.run("spent", count)
        return [Spent(*costs, jobs) for costs, jobs in counted.items()]

    async def versions(self, job_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the stored version of each of these jobs."""

        def find(tables: MemoryTables) -> Mapping[str, int]:
            return {job_id: tables.jobs[job_id]["version"] for job_id in job_ids if job_id in tables.jobs}

        return await self._database.run("versions", find)

    async def last_position(self) -> int:
        """Return the position of the newest event of all, 0 of an empty log."""
        return await self._database.run("last_position", lambda tables: len(tables.events))


class MemoryEndedJobs:
    """The jobs that have ended, and of which no render is open. Every method raises Unavailable."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def page(self, *, before: datetime, after: str, limit: int) -> Sequence[EndedJob]:
        """Return up to `limit` jobs that ended before a time, with ids above `after`, in the order of their ids."""

        def find(tables: MemoryTables) -> Sequence[TableRow]:
            return [
                row for job_id in sorted(tables.jobs) if _ended(row := tables.jobs[job_id], before) and job_id > after
            ]

        rows = await self._database.run("ended", find)
        return [
            EndedJob(job_id=row["job_id"], version=row["version"], at=read_time(row["updated_at"]))
            for row in rows[:limit]
        ]

    async def among(self, job_ids: Sequence[str], *, before: datetime) -> Sequence[str]:
        """Return the ids of these jobs that ended before a time."""

        def find(tables: MemoryTables) -> Sequence[str]:
            return [job_id for job_id in job_ids if job_id in tables.jobs and _ended(tables.jobs[job_id], before)]

        return await self._database.run("among", find)


def _contains(tables: MemoryTables, row: TableRow, text: str) -> bool:
    wanted = text.replace("\0", "").translate(_ASCII_LOWER)
    render_ids = [render["render_id"] for render in tables.renders.values() if render["job_id"] == row["job_id"]]
    searched = [*(row[name] for name in _SEARCHED), *render_ids, _stored_reason(tables, row)]
    return any(wanted in found.translate(_ASCII_LOWER) for found in searched if found is not None)


def _waits_for(tables: MemoryTables, row: TableRow, word: str) -> bool:
    shown = shown_reason(row["waiting_for"], _stored_reason(tables, row))
    return shown is not None and shown.startswith(word.replace("\0", ""))


def _stored_reason(tables: MemoryTables, row: TableRow) -> str | None:
    epoch, reason = tables.waits.get(row["job_id"], (0, ""))
    return reason if reason and in_force(tables, row["job_id"], epoch) else None


def _listed(row: TableRow) -> ListedJob:
    return ListedJob(
        summary=read_summary(row), created_position=row["created_position"], is_idle=row["step"] == NOTHING
    )


def _ended(row: TableRow, before: datetime) -> bool:
    return row["status"] in FINAL and row["step"] == NOTHING and row["updated_at"] < time_text(before)
