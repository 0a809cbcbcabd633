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
    """How many rows were made, and the jobs that cannot be folded, with the reason: their rows are unchanged."""

    jobs: int
    left_alone: Sequence[tuple[str, str]]


async def rebuild(database: Database, *, codec: Codec | None = None) -> Rebuilt:
    """Fold every job and overwrite its row, page by page; a row without events is removed.

    May be repeated, and stopped at any time. Raises Unavailable.
    """
    after: str | None = ""
    jobs = 0
    left_alone: list[tuple[str, str]] = []
    while after is not None:
        page, after = await database.write(partial(_rebuild_page, after=after, codec=codec or Codec()))
        jobs += page.jobs
        left_alone += page.left_alone
    return Rebuilt(jobs=jobs, left_alone=left_alone)


def _rebuild_page(connection: sa.Connection, *, after: str, codec: Codec) -> tuple[Rebuilt, str | None]:
    """Lock the head, so that nothing is appended meanwhile; return the last job_id, None at the end."""
    connection.execute(sa.select(LOG_HEAD.c.id).where(LOG_HEAD.c.id == 1).with_for_update())
    page = histories.page(connection, after=after, limit=PAGE_JOBS)
    rows: list[Row] = []
    left_alone: list[tuple[str, str]] = []
    for stored in page:
        try:
            if stored.events:
                rows.append(histories.fold(stored, codec)[0])
        except histories.Unfoldable as error:
            left_alone.append((stored.job_id, f"version {error.version}: {error}"))
    write_jobs(connection, rows)
    orphans = [stored.job_id for stored in page if not stored.events]
    if orphans:
        connection.execute(sa.delete(JOBS).where(JOBS.c.job_id.in_(orphans)))
    return Rebuilt(jobs=len(rows), left_alone=left_alone), page[-1].job_id if len(page) == PAGE_JOBS else None


def write_jobs(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Overwrite the rows, and add the lease of every job that has none."""
    if not rows:
        return
    statement = insert_into(connection, JOBS)
    changes = {name: statement.excluded[name] for name in JOB_COLUMNS if name != "job_id"}
    values = [dict(zip(JOB_COLUMNS, row, strict=True)) for row in rows]
    connection.execute(statement.on_conflict_do_update(index_elements=["job_id"], set_=changes), values)
    leases = [{"job_id": row[0], "epoch": 0, "renewals": 0} for row in rows]
    connection.execute(insert_into(connection, LEASES).on_conflict_do_nothing(), leases)
