"""Make the read model again from the events, also while workers run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.history import histories
from adapters.sql.log.codec import Codec
from adapters.sql.log.projection import Row
from adapters.sql.tables import JOB_COLUMNS, JOBS, LEASES, LOG_HEAD, insert_into

PAGE_JOBS = 100
"""Appends wait while a page is made: some milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How many rows were made, and the jobs whose events have no meaning, with the reason: their rows are as before."""

    jobs: int
    left_alone: Sequence[tuple[str, str]]


async def rebuild(database: Database, *, codec: Codec | None = None) -> Rebuilt:
    """Fold every job and overwrite its row, page by page; a row without events is removed.

    May be repeated and stopped in between. Raises Unavailable.
    """
    after, jobs = "", 0
    left_alone: list[tuple[str, str]] = []
    while True:
        page = await database.write(partial(_rebuild_page, after=after, codec=codec or Codec()))
        jobs += page.jobs
        left_alone += page.left_alone
        if page.last is None:
            return Rebuilt(jobs=jobs, left_alone=left_alone)
        after = page.last


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    jobs: int
    left_alone: Sequence[tuple[str, str]]
    last: str | None


def _rebuild_page(connection: sa.Connection, *, after: str, codec: Codec) -> _Page:
    """The head is locked first, so no append comes between the reading of the events and the writing of the rows."""
    connection.execute(sa.select(LOG_HEAD.c.id).where(LOG_HEAD.c.id == 1).with_for_update())
    page = histories.page(connection, after=after, limit=PAGE_JOBS)
    rows: list[Row] = []
    left_alone: list[tuple[str, str]] = []
    for one in page:
        try:
            if one.events:
                rows.append(histories.fold(one, codec))
        except histories.Unfoldable as error:
            left_alone.append((one.job_id, f"version {error.version}: {error}"))
    write_jobs(connection, rows)
    orphans = [one.job_id for one in page if not one.events]
    if orphans:
        connection.execute(sa.delete(JOBS).where(JOBS.c.job_id.in_(orphans)))
    return _Page(jobs=len(rows), left_alone=left_alone, last=page[-1].job_id if len(page) == PAGE_JOBS else None)


def write_jobs(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Overwrite the rows whole, and see that every job can be leased, as its first event had made sure."""
    if not rows:
        return
    statement = insert_into(connection, JOBS)
    changes = {name: statement.excluded[name] for name in JOB_COLUMNS if name != "job_id"}
    values = [dict(zip(JOB_COLUMNS, row, strict=True)) for row in rows]
    connection.execute(statement.on_conflict_do_update(index_elements=["job_id"], set_=changes), values)
    leases = [{"job_id": row[0], "epoch": 0, "renewals": 0} for row in rows]
    connection.execute(insert_into(connection, LEASES).on_conflict_do_nothing(), leases)
