"""Why an append could not be written as it was: a repetition, a version conflict, or a lost lease."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from adapters.sql.log import lookups
from adapters.sql.log.projection import touched_renders
from adapters.sql.log.seal import PendingAppend
from domain.errors import Fenced, ReelwrightError, Refused, Unavailable, VersionConflict
from domain.records import Lease, Recorded
from domain.times import read_time

AppendResult = tuple[Recorded, ...] | ReelwrightError | None
"""The events as they are stored already, an error, or None: it can be written now."""


def results(connection: sa.Connection, appends: Sequence[PendingAppend]) -> list[AppendResult]:
    """Return one result per append, in order."""
    stored = lookups.stored_events(connection, [event_id for pending in appends for event_id in pending.event_ids])
    versions = lookups.versions(connection, sorted({pending.job_id for pending in appends}))
    leases = [pending.entry.lease for pending in appends if pending.entry.lease is not None]
    held = lookups.held_leases(connection, leases) if leases else set()
    return [_result(pending, stored, versions[pending.job_id], held) for pending in appends]


def _result(pending: PendingAppend, stored: lookups.StoredEvents, version: int, held: set[Lease]) -> AppendResult:
    known = [event_id for event_id in pending.event_ids if event_id in stored]
    if known:
        return _repeated(pending, stored, known)
    lease = pending.entry.lease
    if lease is not None and lease not in held:
        return Fenced(f"the lease {lease.epoch} of job {lease.job_id} belongs to another worker now")
    if version != pending.base_version:
        return VersionConflict(f"job {pending.job_id} is at version {version}, not at {pending.base_version}")
    return None


def _repeated(pending: PendingAppend, stored: lookups.StoredEvents, known: Sequence[str]) -> AppendResult:
    """An event id has one content for ever: the same ids are the same append, or a mistake."""
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


def rejection(connection: sa.Connection, pending: PendingAppend) -> ReelwrightError | None:
    """Return why the database refused the rows of an append whose version and lease are in order; None: unknown."""
    for render in touched_renders(pending.entry.job, (event.event for event in pending.entry.events)):
        account = render.order.account or ""
        twin = lookups.unresolved_twin(connection, render)
        if twin is not None:
            return Unavailable(f"another create: the same input of job {twin} is still unresolved")
        owner = lookups.owner_of_render(connection, account, render.render_id) if render.render_id else None
        if owner is not None and owner[1] != render.token:
            return Refused(f"the render {render.render_id} already belongs to job {owner[0]}")
    return None
