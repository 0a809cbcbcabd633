"""The commit of a sealed batch on PostgreSQL: one statement, which is one transaction and one round trip.

It goes straight to the driver: every event pays for this statement. It locks the leases it relies on, in the order of
their jobs, and moves the head only if all of them hold; everything else happens only if the head moved. A lost race
gives no rows and no error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from adapters.sql.failures import ConnectionLost, translated
from adapters.sql.log.projection import Row
from adapters.sql.log.seal import Sealed
from adapters.sql.log.upserts import ON_JOB_CONFLICT, ON_RENDER_CONFLICT
from adapters.sql.postgres import PostgresEngine
from adapters.sql.tables import EVENT_COLUMNS, EVENTS, JOB_COLUMNS, JOBS, RENDER_COLUMNS, RENDERS
from domain.records import Lease

_HEAD_PARAMETERS = 5
_LEASE_TYPES = ("text", "text", "bigint")


def _types(table: sa.Table) -> tuple[str, ...]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return tuple(column.type.compile(dialect=dialect).partition(" COLLATE")[0] for column in table.columns)


def _statement() -> str:
    numbers = count(_HEAD_PARAMETERS + 1)

    def unnest(types: Sequence[str]) -> str:
        """One array parameter per column."""
        return f"unnest({', '.join(f'${next(numbers)}::{kind}[]' for kind in types)})"

    leases, freed, new_jobs = unnest(_LEASE_TYPES), unnest(_LEASE_TYPES), unnest(("text",))
    jobs, renders, events = (unnest(_types(table)) for table in (JOBS, RENDERS, EVENTS))
    return f"""
    WITH wanted AS (SELECT * FROM {leases} AS w(job_id, owner, epoch)),
    held AS (
        SELECT l.job_id FROM leases l JOIN wanted w USING (job_id, owner, epoch) ORDER BY l.job_id FOR SHARE OF l),
    head AS (
        UPDATE log_head SET position = $1, hash = $2, recorded_at = $3
        WHERE id = 1 AND position = $4 AND hash = $5
          AND (SELECT count(*) FROM held) = (SELECT count(*) FROM wanted)
        RETURNING 1),
    fresh AS (
        INSERT INTO leases(job_id, epoch, renewals) SELECT r.job_id, 0, 0 FROM head, {new_jobs} AS r(job_id)
        ON CONFLICT DO NOTHING),
    freed AS (
        UPDATE leases l SET owner = NULL FROM head, {freed} AS r(job_id, owner, epoch)
        WHERE l.job_id = r.job_id AND l.owner = r.owner AND l.epoch = r.epoch),
    model AS (
        INSERT INTO jobs({", ".join(JOB_COLUMNS)}) SELECT r.* FROM head, {jobs} AS r
        {ON_JOB_CONFLICT}),
    paid AS (
        INSERT INTO renders({", ".join(RENDER_COLUMNS)}) SELECT r.* FROM head, {renders} AS r
        {ON_RENDER_CONFLICT})
    INSERT INTO events({", ".join(EVENT_COLUMNS)}) SELECT r.* FROM head, {events} AS r"""  # noqa: S608 - made of our own column names


_COMMIT = _statement()

# Planning costs as much as writing, and the same plan is good for every size of batch.
_SETTINGS = {"plan_cache_mode": "force_generic_plan"}


class PostgresLog:
    """Commits sealed batches over one connection of its own, which is opened again after it was lost."""

    def __init__(self, engine: PostgresEngine) -> None:
        self._engine = engine
        self._connection: asyncpg.Connection | None = None

    async def commit(self, sealed: Sealed) -> bool:
        """Write all of it, or nothing: False when the log has moved on or a lease is lost.

        Raises Rejected, Unavailable; ConnectionLost when nobody knows whether it was written.
        """
        try:
            with translated():
                if self._connection is None:
                    self._connection = await self._engine.connect(server_settings=_SETTINGS)
                status: str = await self._connection.execute(_COMMIT, *_parameters(sealed))
        except ConnectionLost:
            await self.close()
            raise
        return status == f"INSERT 0 {len(sealed.events)}"

    async def close(self) -> None:
        """Close the connection at once, whatever state it is in."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _parameters(sealed: Sealed) -> tuple[object, ...]:
    before, after = sealed.before, sealed.after
    return (
        after.position,
        after.hash,
        after.recorded_at,
        before.position,
        before.hash,
        *_columns(_lease_rows(sealed.held), len(_LEASE_TYPES)),
        *_columns(_lease_rows(sealed.released), len(_LEASE_TYPES)),
        list(sealed.new_jobs),
        *_columns(sealed.jobs, len(JOB_COLUMNS)),
        *_columns(sealed.renders, len(RENDER_COLUMNS)),
        *_columns(sealed.events, len(EVENT_COLUMNS)),
    )


def _lease_rows(leases: Iterable[Lease]) -> list[Row]:
    return [(lease.job_id, lease.owner, lease.epoch) for lease in leases]


def _columns(rows: Sequence[Row], count: int) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(count)]
