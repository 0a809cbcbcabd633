"""The stored jobs in pages, and the fold of each: for verifying, rebuilding and importing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from adapters.sql.log.codec import Codec
from adapters.sql.log.projection import Row, Stamp, job_row, render_row, touched_renders
from adapters.sql.tables import EVENTS, JOBS, RENDERS, texts
from domain.errors import IllegalMove, Refused
from domain.events import Event, RenderRequested
from domain.evolve import evolve
from domain.job import Job
from domain.times import read_time

_READ = ("job_id", "version", "position", "type", "schema_version", "data", "recorded_at")


class Unfoldable(Exception):
    """A stored history cannot be folded from this event on."""

    def __init__(self, what: str, *, version: int, position: int) -> None:
        super().__init__(what)
        self.version, self.position = version, position


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJob:
    """One job as it is stored: its events in order, its row in the read model, and the rows of its renders."""

    job_id: str
    events: Sequence[sa.Row[Any]]
    row: Sequence[object] | None
    renders: Sequence[sa.Row[Any]] = ()


def page(connection: sa.Connection, *, after: str, limit: int) -> list[StoredJob]:
    """Return the next jobs in the order of their ids, also those with events alone or a row alone."""
    job_ids = [*connection.execute(_job_ids(after, limit)).scalars()]
    wanted = texts(connection, job_ids)
    columns = (EVENTS.c[name] for name in _READ)
    in_order = sa.select(*columns).where(EVENTS.c.job_id.in_(wanted)).order_by(EVENTS.c.job_id, EVENTS.c.version)
    by_job: dict[str, list[sa.Row[Any]]] = {job_id: [] for job_id in job_ids}
    for event in connection.execute(in_order):
        by_job[event.job_id].append(event)
    rows = {row.job_id: row for row in connection.execute(sa.select(JOBS).where(JOBS.c.job_id.in_(wanted)))}
    renders: dict[str, list[sa.Row[Any]]] = {job_id: [] for job_id in job_ids}
    for render in connection.execute(sa.select(RENDERS).where(RENDERS.c.job_id.in_(wanted))):
        renders[render.job_id].append(render)
    return [
        StoredJob(job_id=job_id, events=by_job[job_id], row=rows.get(job_id), renders=renders[job_id])
        for job_id in job_ids
    ]


def fold(stored: StoredJob, codec: Codec) -> tuple[Row, Mapping[str, Row]]:
    """Return the row that the events make, and those of its renders by token. Raises Unfoldable."""
    last = Job(job_id=stored.job_id)
    requested: dict[str, str] = {}
    rows: dict[str, Row] = {}
    for row, event, job in states(stored, codec):
        last = job
        if isinstance(event, RenderRequested):
            requested[event.token] = row.recorded_at
        for render in touched_renders(job, [event]):
            rows[render.token] = render_row(
                stored.job_id, render, requested_at=requested.get(render.token, ""), changed_at=row.recorded_at
            )
    return row_of(stored, last), rows


def row_of(stored: StoredJob, job: Job) -> Row:
    """Return the row of a folded job. Raises Unfoldable where an event has no time."""
    return job_row(job, created=_stamp(stored.events[0]), updated=_stamp(stored.events[-1]))


def states(stored: StoredJob, codec: Codec) -> Iterator[tuple[sa.Row[Any], Event, Job]]:
    """Yield each event's row, the event, and the job after it. Raises Unfoldable."""
    job = Job(job_id=stored.job_id)
    for row in stored.events:
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
    """Take the first ids of each table, then the first of these: neither table is read as a whole."""
    firsts = [
        sa.select(table.c.job_id).where(table.c.job_id > after).distinct().order_by(table.c.job_id).limit(limit)
        for table in (EVENTS, JOBS)
    ]
    both = sa.union(*(sa.select(first.subquery().c.job_id) for first in firsts)).subquery()
    return sa.select(both.c.job_id).order_by(both.c.job_id).limit(limit)
