"""What to answer the caller of an append that did not go in as it was: decided by looking at what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.failures import Rejected
from adapters.sql.log import lookups
from adapters.sql.log.projection import touched_renders
from adapters.sql.log.seal import PendingAppend
from domain.errors import Fenced, ReelwrightError, Refused, Unavailable, VersionConflict
from domain.records import Lease, Recorded
from domain.times import read_time

AppendResult = tuple[Recorded, ...] | ReelwrightError | None
"""The old positions, an error, or None: it fits now, write it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicts:
    """Reads the log to tell a repetition from a conflict, and a conflict from a lost lease."""

    database: Database

    async def results(self, appends: Sequence[PendingAppend]) -> list[AppendResult]:
        """Return one verdict per draft, in order."""
        return await self.database.read(lambda connection: _results(connection, appends))

    async def rejection(self, pending: PendingAppend, error: Rejected) -> ReelwrightError:
        """Return why the database refused the rows of a draft whose version and lease are in order."""
        return await self.database.read(lambda connection: _rejection(connection, pending)) or error


def _results(connection: sa.Connection, appends: Sequence[PendingAppend]) -> list[AppendResult]:
    stored = lookups.stored(connection, [event_id for pending in appends for event_id in pending.event_ids])
    versions = lookups.versions(connection, sorted({pending.job_id for pending in appends}))
    leases = [pending.entry.lease for pending in appends if pending.entry.lease is not None]
    held = lookups.held(connection, leases) if leases else set()
    return [_result(pending, stored, versions[pending.job_id], held) for pending in appends]


def _result(pending: PendingAppend, stored: lookups.Stored, version: int, held: set[Lease]) -> AppendResult:
    known = [event_id for event_id in pending.event_ids if event_id in stored]
    if known:
        return _repeated(pending, stored, known)
    lease = pending.entry.lease
    if lease is not None and lease not in held:
        return Fenced(f"the lease {lease.epoch} of job {lease.job_id} belongs to another worker now")
    if version != pending.base_version:
        return VersionConflict(f"job {pending.job_id} is at version {version}, not at {pending.base_version}")
    return None


def _repeated(pending: PendingAppend, stored: lookups.Stored, known: Sequence[str]) -> AppendResult:
    """An event id stands for one content for ever, so the same ids are either the same append or a mistake."""
    recorded = []
    for new, encoded in zip(pending.entry.events, pending.events, strict=True):
        row = stored.get(new.event_id)
        if row is None or (row.job_id, row.type, row.data) != (pending.job_id, encoded.type, encoded.data):
            return Refused(f"the event id {known[0]} is taken by another event")
        recorded.append(
            Recorded(
                position=row.position,
                job_id=row.job_id,
                version=row.version,
                event_id=row.event_id,
                event=new.event,
                recorded_at=read_time(row.recorded_at),
                metadata=pending.entry.metadata,
            )
        )
    return tuple(recorded)


def _rejection(connection: sa.Connection, pending: PendingAppend) -> ReelwrightError | None:
    for render in touched_renders(pending.entry.job, (event.event for event in pending.entry.events)):
        twin = lookups.unresolved_twin(
            connection, model=render.model or "", request_hash=render.request_hash, token=render.token
        )
        if twin is not None:
            return Unavailable(f"another job's create with the same input is still unresolved: job {twin}")
        owner = lookups.owner_of_render(connection, render.render_id) if render.render_id else None
        if owner is not None and owner[1] != render.token:
            return VersionConflict(f"the render {render.render_id} already belongs to job {owner[0]}")
    return None
