"""Checks the log: its hash chain, its positions, and the read model and the renders against a fold of all events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import partial
from typing import Any

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.history import histories
from adapters.sql.log.codec import Codec
from adapters.sql.log.lookups import read_head
from adapters.sql.log.projection import Row
from adapters.sql.log.rows import PAGE, fetch
from adapters.sql.log.seal import Head, chain
from adapters.sql.tables import JOB_COLUMNS, RENDER_COLUMNS

PAGE_EVENTS = 1000
PAGE_JOBS = 200
GENESIS = bytes(32)
CENT = Decimal("0.01")
_WIDE = Context(prec=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong. `version` and `position` are None where it concerns the whole job."""

    job_id: str
    what: str
    version: int | None = None
    position: int | None = None


async def verify(database: Database, *, codec: Codec | None = None) -> AsyncIterator[Finding]:
    """Check the chain, then fold every job and compare it with its row; holds one page in memory.

    May run beside workers. Raises Unavailable.
    """
    async for finding in _check_chain(database):
        yield finding
    async for finding in _check_jobs(database, codec or Codec()):
        yield finding


@dataclass(slots=True)
class Chain:
    """What the next row of the log must follow."""

    position: int = 0
    stored: bytes = GENESIS
    computed: bytes = GENESIS
    recorded_at: str = ""

    def follow(self, row: sa.Row[Any]) -> Iterator[Finding]:
        """Check one row. Damage is reported once: the next row may follow the stored hash or the computed one."""
        if row.position != self.position + 1:
            yield _finding(row, f"position {self.position + 1} is missing")
        fields = tuple(row)[:-1]
        digests = [chain(self.stored, fields), chain(self.computed, fields)]
        if bytes(row.hash) not in digests:
            yield _finding(row, "the row is not what was written: its hash does not match")
        if row.recorded_at < self.recorded_at:
            yield _finding(row, "it was recorded before the event that it follows")
        self.position, self.stored, self.computed = row.position, bytes(row.hash), digests[0]
        self.recorded_at = row.recorded_at

    def end(self, log_head: Head) -> Iterator[Finding]:
        """Compare the last row with the head of the log."""
        if (self.position, self.stored) != (log_head.position, log_head.hash):
            what = f"the log ends at position {self.position}, its head says {log_head.position} or another hash"
            yield Finding(job_id="", what=what, position=log_head.position)


async def _check_chain(database: Database) -> AsyncIterator[Finding]:
    walk = Chain()
    end = await database.read(read_head)
    while True:
        rows = await database.read(partial(fetch, query=PAGE, after=walk.position, most=PAGE_EVENTS))
        for row in rows:
            if row.position > end.position:
                break
            for finding in walk.follow(row):
                yield finding
        if len(rows) < PAGE_EVENTS or walk.position >= end.position:
            break
    for finding in walk.end(end):
        yield finding


async def _check_jobs(database: Database, codec: Codec) -> AsyncIterator[Finding]:
    after = ""
    while True:
        page = await database.read(partial(histories.page, after=after, limit=PAGE_JOBS), snapshot=True)
        for stored in page:
            for finding in _compare(stored, codec):
                yield finding
        if len(page) < PAGE_JOBS:
            return
        after = page[-1].job_id


def _compare(stored: histories.StoredJob, codec: Codec) -> Iterator[Finding]:
    if not stored.events:
        yield Finding(job_id=stored.job_id, what="the read model has a job without events")
        return
    try:
        expected, renders = histories.fold(stored, codec)
    except histories.Unfoldable as error:
        yield Finding(job_id=stored.job_id, version=error.version, position=error.position, what=str(error))
        return
    if stored.row is None:
        yield Finding(job_id=stored.job_id, what="the read model lacks the job")
        return
    last = stored.events[-1]
    for name, wanted, found in zip(JOB_COLUMNS, expected, stored.row, strict=True):
        if wanted != found and not _was_rounded(name, wanted, found):
            what = f"the read model says {name} is {found!r}, the events say {wanted!r}"
            yield Finding(job_id=stored.job_id, version=last.version, position=last.position, what=what)
    for what in _compare_renders({row.token: row for row in stored.renders}, renders):
        yield Finding(job_id=stored.job_id, version=last.version, position=last.position, what=what)


def _compare_renders(stored: Mapping[str, Sequence[object]], expected: Mapping[str, Row]) -> Iterator[str]:
    """Name every request that the table of renders has otherwise than the events."""
    for token in sorted({*stored, *expected}):
        if token not in stored:
            yield f"the renders lack the request {token}"
        elif token not in expected:
            yield f"the renders have a request without events: {token}"
        else:
            columns = zip(RENDER_COLUMNS, expected[token], stored[token], strict=True)
            for name, wanted, found in columns:
                if wanted != found:
                    yield f"the renders say {name} of {token} is {found!r}, the events say {wanted!r}"


def _was_rounded(name: str, wanted: object, found: object) -> bool:
    """Tell whether an earlier version wrote this amount: it rounded the actual cost of a job to cents."""
    if name != "actual_cost" or not isinstance(found, str):
        return False
    exact = Decimal(str(wanted))
    return found == str(exact.quantize(CENT, rounding=ROUND_HALF_UP, context=_WIDE))


def _finding(row: sa.Row[Any], what: str) -> Finding:
    return Finding(job_id=row.job_id, version=row.version, position=row.position, what=what)
