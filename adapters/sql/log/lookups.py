"""What the writer reads of the log, before and after a write. Each is a function of a connection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.sql.log.seal import Head
from adapters.sql.tables import EVENTS, LOG_HEAD, RENDERS, texts
from domain.errors import Refused
from domain.job import Render, RenderState
from domain.records import Lease

StoredEvents = dict[str, sa.Row[int, str, int, str, str, str, str]]
"""Rows (position, job_id, version, event_id, type, data, recorded_at) by event id."""

_STORED = ("position", "job_id", "version", "event_id", "type", "data", "recorded_at")
_HEAD = sa.select(LOG_HEAD.c.position, LOG_HEAD.c.hash, LOG_HEAD.c.recorded_at).where(LOG_HEAD.c.id == 1)
_DATED_HEAD = {
    "sqlite": _HEAD.add_columns(sa.null().label("database_time")),
    "postgresql": _HEAD.add_columns(sa.func.clock_timestamp().label("database_time")),
}
_OWNED = {
    dialect: sa.text(
        f"SELECT job_id, owner, epoch FROM leases WHERE owner IS NOT NULL AND job_id IN (SELECT value FROM {values})"  # noqa: S608 - of constants
    )
    for dialect, values in (
        ("sqlite", "json_each(:ids)"),
        ("postgresql", "json_array_elements_text(CAST(:ids AS json)) AS listed(value)"),
    )
}
"""Built once: on SQLite this runs in every commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """Where the log ends, the versions that were asked for, and the time of a database that has a clock of its own."""

    head: Head
    versions: dict[str, int]
    database_time: datetime | None


def read_head(connection: sa.Connection) -> Head:
    """Return where the log ends."""
    return _head(connection.execute(_HEAD).first())


def _head(row: sa.Row[*tuple[Any, ...]] | None) -> Head:
    if row is None:
        raise Refused("the row of log_head is missing: restore the database from a backup")
    return Head(position=row.position, hash=bytes(row.hash), recorded_at=row.recorded_at)


def versions(connection: sa.Connection, job_ids: Sequence[str]) -> dict[str, int]:
    """Return the last stored version of each job, 0 for an unknown one."""
    wanted = texts(connection, job_ids).subquery()
    newest = sa.select(sa.func.max(EVENTS.c.version)).where(EVENTS.c.job_id == wanted.c.value).scalar_subquery()
    rows = connection.execute(sa.select(wanted.c.value, newest)).all()
    return {job_id: version or 0 for job_id, version in rows}


def state(connection: sa.Connection, job_ids: Sequence[str]) -> LogState:
    """Return the head and these versions; the head is read first, so that a commit in between is noticed."""
    row = connection.execute(_DATED_HEAD[connection.dialect.name]).first()
    return LogState(
        head=_head(row),
        versions=versions(connection, job_ids) if job_ids else {},
        database_time=row.database_time if row else None,
    )


def stored_events(connection: sa.Connection, event_ids: Sequence[str]) -> StoredEvents:
    """Return the events with these ids that are in the log."""
    query = sa.select(*(EVENTS.c[name] for name in _STORED)).where(EVENTS.c.event_id.in_(texts(connection, event_ids)))
    return {row.event_id: row for row in connection.execute(query)}


def held_leases(connection: sa.Connection, leases: Sequence[Lease]) -> set[Lease]:
    """Return the leases of these that are still in the table unchanged."""
    rows = connection.execute(_OWNED[connection.dialect.name], {"ids": json.dumps([lease.job_id for lease in leases])})
    return {Lease(job_id=row.job_id, owner=row.owner, epoch=row.epoch) for row in rows}.intersection(leases)


def unresolved_twin(connection: sa.Connection, render: Render) -> str | None:
    """Return the job whose create with the same input in the same account is still unresolved."""
    query = sa.select(RENDERS.c.job_id).where(
        RENDERS.c.account == (render.order.account or ""),
        RENDERS.c.model == (render.order.model or ""),
        RENDERS.c.request_hash == render.order.request_hash,
        RENDERS.c.state.in_([RenderState.REQUESTED.value, RenderState.UNRESOLVED.value]),
        RENDERS.c.token != render.token,
    )
    return connection.execute(query).scalar()


def owner_of_render(connection: sa.Connection, account: str, render_id: str) -> tuple[str, str] | None:
    """Return the (job_id, token) that owns this render of the provider."""
    query = sa.select(RENDERS.c.job_id, RENDERS.c.token).where(
        RENDERS.c.account == account, RENDERS.c.render_id == render_id
    )
    row = connection.execute(query).first()
    return (row.job_id, row.token) if row else None
