"""The commit of a sealed batch on SQLite: one transaction of plain statements under the write lock."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.log.lookups import held_leases
from adapters.sql.log.seal import Sealed
from adapters.sql.log.upserts import ON_JOB_CONFLICT, ON_RENDER_CONFLICT
from adapters.sql.tables import EVENT_COLUMNS, JOB_COLUMNS, RENDER_COLUMNS


def _insert(table: str, columns: tuple[str, ...], conflict: str = "") -> str:
    return f"INSERT INTO {table}({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) {conflict}"  # noqa: S608


_MOVE_HEAD = """UPDATE log_head SET position = ?, hash = ?, recorded_at = ?
                WHERE id = 1 AND position = ? AND hash = ?"""
_EVENTS = _insert("events", EVENT_COLUMNS)
_JOBS = _insert("jobs", JOB_COLUMNS, ON_JOB_CONFLICT)
_RENDERS = _insert("renders", RENDER_COLUMNS, ON_RENDER_CONFLICT)
_NEW_LEASE = "INSERT INTO leases(job_id, epoch, renewals) VALUES (?, 0, 0) ON CONFLICT DO NOTHING"
_RELEASE = "UPDATE leases SET owner = NULL WHERE job_id = ? AND owner = ? AND epoch = ?"


class SqliteLog:
    """Commits sealed batches in the writer thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def commit(self, sealed: Sealed) -> bool:
        """Write all of it, or nothing: False when the log has moved on or a lease is lost.

        Raises Rejected, Unavailable; ConnectionLost when nobody knows whether it was written.
        """
        return await self._database.write(lambda connection: _commit(connection, sealed))

    async def close(self) -> None:
        """Do nothing: the database is closed by its owner."""


def _commit(connection: sa.Connection, sealed: Sealed) -> bool:
    """The write lock is held already, so what is read here cannot change before the commit."""
    if sealed.held and len(held_leases(connection, sealed.held)) < len(sealed.held):
        return False
    before, after = sealed.before, sealed.after
    move = (after.position, after.hash, after.recorded_at, before.position, before.hash)
    if connection.exec_driver_sql(_MOVE_HEAD, move).rowcount != 1:
        return False
    rows_by_statement = {
        _EVENTS: sealed.events,
        _JOBS: sealed.jobs,
        _RENDERS: sealed.renders,
        _NEW_LEASE: [(job_id,) for job_id in sealed.new_jobs],
        _RELEASE: [(lease.job_id, lease.owner, lease.epoch) for lease in sealed.released],
    }
    for statement, rows in rows_by_statement.items():
        if rows:
            connection.exec_driver_sql(statement, list(rows))
    return True
