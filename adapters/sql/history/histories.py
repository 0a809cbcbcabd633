"""Whole histories by job, in pages: what verifying and rebuilding fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from adapters.sql.log.codec import Codec
from adapters.sql.log.projection import Row, Stamp, job_row
from adapters.sql.tables import EVENTS, JOBS, texts
from domain.errors import IllegalMove, Refused
from domain.events import Event
from domain.evolve import evolve
from domain.job import Job
from domain.times import read_time

_EVENT = (
    EVENTS.c.job_id,
    EVENTS.c.version,
    EVENTS.c.position,
    EVENTS.c.type,
    EVENTS.c.schema_version,
    EVENTS.c.data,
    EVENTS.c.recorded_at,
)


class Unfoldable(Exception):
    """A stored history has no meaning from this event on."""

    def __init__(self, what: str, *, version: int, position: int) -> None:
        super().__init__(what)
        self.version, self.position = version, position


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One job as it is stored: its events in order, and its row in the read model."""

    job_id: str
    events: Sequence[sa.Row[Any]]
    row: Sequence[object] | None


def page(connection: sa.Connection, *, after: str, limit: int) -> list[Stored]:
    """Return the next jobs in the order of their ids, those that have only events or only a row too."""
    job_ids = [*connection.execute(_job_ids(after, limit)).scalars()]
    wanted = texts(connection, job_ids)
    in_order = sa.select(*_EVENT).where(EVENTS.c.job_id.in_(wanted)).order_by(EVENTS.c.job_id, EVENTS.c.version)
    events: sa.Result[Any] = connection.execute(in_order)
    by_job: dict[str, list[sa.Row[Any]]] = {job_id: [] for job_id in job_ids}
    for event in events:
        by_job[event.job_id].append(event)
    rows = {row.job_id: row for row in connection.execute(sa.select(JOBS).where(JOBS.c.job_id.in_(wanted)))}
    return [Stored(job_id=job_id, events=by_job[job_id], row=rows.get(job_id)) for job_id in job_ids]


def fold(one: Stored, codec: Codec) -> Row:
    """Return the row that the events make. Raises Unfoldable where they make none."""
    job = Job(job_id=one.job_id)
    for _, _, after in states(one, codec):
        job = after
    return row_of(one, job)


def row_of(one: Stored, job: Job) -> Row:
    """Return the row of a job that has been folded already. Raises Unfoldable where an event has no time."""
    return job_row(job, created=_stamp(one.events[0]), updated=_stamp(one.events[-1]))


def states(one: Stored, codec: Codec) -> Iterator[tuple[sa.Row[Any], Event, Job]]:
    """Yield each event's row, the event, and the job after it. Raises Unfoldable where they have no meaning."""
    job = Job(job_id=one.job_id)
    for row in one.events:
        try:
            if row.version != job.version + 1:
                raise Refused(f"version {job.version + 1} is missing")
            event = codec.decode(row.type, row.schema_version, row.data)
            job = evolve(job, event)
        except (IllegalMove, Refused) as error:
            raise Unfoldable(str(error), version=row.version, position=row.position) from error
        yield row, event, job


def _stamp(event: sa.Row[Any]) -> Stamp:
    try:
        return Stamp(position=event.position, at=read_time(event.recorded_at))
    except Refused as error:
        raise Unfoldable(str(error), version=event.version, position=event.position) from error


def _job_ids(after: str, limit: int) -> sa.Select[str]:
    """The first of both tables are found among the first of each: neither has to be read as a whole."""
    firsts = [
        sa.select(table.c.job_id).where(table.c.job_id > after).distinct().order_by(table.c.job_id).limit(limit)
        for table in (EVENTS, JOBS)
    ]
    both = sa.union(*(sa.select(first.subquery().c.job_id) for first in firsts)).subquery()
    return sa.select(both.c.job_id).order_by(both.c.job_id).limit(limit)
