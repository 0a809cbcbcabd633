"""The event table as JSON Lines. Workers may append meanwhile: the export ends where the log ended at its start."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.history.history_lines import FORMAT, FORMAT_VERSION, Footer, Header, encode, line_of
from adapters.sql.history.verify import GENESIS, Chain, Finding
from adapters.sql.log.lookups import read_head
from adapters.sql.log.rows import PAGE, fetch
from adapters.sql.log.seal import Head
from adapters.sql.tables import EVENTS, texts
from domain.errors import NotFound, Refused
from domain.times import time_text

PAGE_EVENTS = 250
"""An event may have half a megabyte: a page of such events still fits into memory."""

_BEFORE = EVENTS.alias("before")
_PREVIOUS = sa.select(_BEFORE.c.hash).where(_BEFORE.c.position == EVENTS.c.position - 1).scalar_subquery()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Some lines, and how many events were exported up to here."""

    lines: bytes
    events: int


async def export(database: Database, *, created_at: datetime) -> AsyncIterator[Exported]:
    """Yield the whole history and check its chain; holds one page in memory.

    Raises Refused where the chain is broken (an import would refuse the file), Unavailable.
    """
    end, walk = await database.read(read_head), Chain()
    yield Exported(lines=encode([_header(end, events=end.position, created_at=created_at)]), events=0)
    while walk.position < end.position:
        most = min(PAGE_EVENTS, end.position - walk.position)
        rows = await database.read(partial(fetch, query=PAGE, after=walk.position, most=most))
        if not rows:
            break
        _refuse(finding for row in rows for finding in walk.follow(row))
        yield Exported(lines=encode([line_of(row) for row in rows]), events=walk.position)
    _refuse(walk.end(end))
    yield Exported(lines=encode([_footer(end, events=end.position)]), events=end.position)


async def export_jobs(database: Database, job_ids: Sequence[str], *, created_at: datetime) -> AsyncIterator[Exported]:
    """Yield the history of these jobs, in the order of the log; each line carries the hash before it.

    Raises NotFound for a job without events, Unavailable.
    """
    end = await database.read(read_head)
    counts = await database.read(partial(_counts, job_ids=job_ids, upto=end.position))
    missing = next((job_id for job_id in job_ids if job_id not in counts), None)
    if missing is not None:
        raise NotFound(f"no job has the id {missing}")
    events = sum(counts.values())
    header = _header(end, events=events, created_at=created_at, jobs=tuple(sorted(counts)))
    yield Exported(lines=encode([header]), events=0)
    after, done = 0, 0
    while done < events:
        rows = await database.read(partial(_page, job_ids=job_ids, after=after, upto=end.position))
        if not rows:
            raise Refused(f"the log has {done} events of these jobs, it had {events}: run `reelwright replay --verify`")
        after, done = rows[-1].position, done + len(rows)
        lines = [line_of(row, previous_hash=row.previous_hash or GENESIS) for row in rows]
        yield Exported(lines=encode(lines), events=done)
    yield Exported(lines=encode([_footer(end, events=events)]), events=events)


def _header(end: Head, *, events: int, created_at: datetime, jobs: tuple[str, ...] = ()) -> Header:
    return Header(
        format=FORMAT,
        version=FORMAT_VERSION,
        created_at=time_text(created_at),
        events=events,
        last_position=end.position,
        jobs=jobs,
    )


def _footer(end: Head, *, events: int) -> Footer:
    return Footer(end=True, events=events, last_position=end.position, hash=end.hash.hex())


def _refuse(findings: Iterable[Finding]) -> None:
    for finding in findings:
        where = f"job {finding.job_id}, version {finding.version}, " if finding.job_id else ""
        raise Refused(f"{where}position {finding.position}: {finding.what}")


def _counts(connection: sa.Connection, *, job_ids: Sequence[str], upto: int) -> dict[str, int]:
    query = (
        sa.select(EVENTS.c.job_id, sa.func.count())
        .where(EVENTS.c.job_id.in_(texts(connection, job_ids)), EVENTS.c.position <= upto)
        .group_by(EVENTS.c.job_id)
    )
    return {str(job_id): int(count) for job_id, count in connection.execute(query)}


def _page(connection: sa.Connection, *, job_ids: Sequence[str], after: int, upto: int) -> Sequence[sa.Row[Any]]:
    query = (
        sa.select(EVENTS, _PREVIOUS.label("previous_hash"))
        .where(EVENTS.c.job_id.in_(texts(connection, job_ids)), EVENTS.c.position > after, EVENTS.c.position <= upto)
        .order_by(EVENTS.c.position)
        .limit(PAGE_EVENTS)
    )
    return connection.execute(query).all()
