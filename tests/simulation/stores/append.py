"""One append to the tables: refused with its reason and without a trace, or done as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.sql.log.codec import Encoded
from adapters.sql.log.projection import Stamp, job_row
from adapters.sql.tables import JOB_COLUMNS
from domain.errors import Fenced, Refused, VersionConflict
from domain.records import Append, Recorded
from tests.simulation.stores.render_rows import check_renders, render_rows
from tests.simulation.stores.tables import LeaseRow, MemoryTables, StoredEvent, TableRow

_KEPT = ("created_at", "created_position")
"""What the first append of a job says of it for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedAppend:
    """An append with its events in their stored form, in order."""

    entry: Append
    encoded: Sequence[Encoded]
    metadata: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """The stored events; `is_new` is False where the same append was there before."""

    recorded: tuple[Recorded, ...]
    is_new: bool


def append(tables: MemoryTables, prepared: PreparedAppend, *, now: datetime) -> Appended:
    """Store the events, the rows of the read model and the released lease.

    Raises Refused, Fenced, VersionConflict or Unavailable, looked for in this order, and then changes nothing.
    """
    repeated = _repeated(tables, prepared)
    if repeated:
        return Appended(recorded=repeated, is_new=False)
    entry = prepared.entry
    _check_lease(tables, entry)
    _check_version(tables, entry)
    at = max(now, tables.last_recorded_at)
    job = _job_row(tables, entry, at)
    renders = render_rows(tables, entry, at)
    check_renders(tables, entry, renders)
    recorded = _store_events(tables, prepared, at)
    tables.jobs[entry.job.job_id] = job
    tables.renders.update((str(row["token"]), row) for row in renders)
    tables.leases.setdefault(entry.job.job_id, LeaseRow())
    if entry.release and entry.lease is not None:
        tables.free(entry.lease)
    return Appended(recorded=recorded, is_new=True)


def _repeated(tables: MemoryTables, prepared: PreparedAppend) -> tuple[Recorded, ...]:
    """Return the events where they are stored already, none where none of them is. Raises Refused."""
    entry = prepared.entry
    stored = [tables.by_event_id.get(new.event_id) for new in entry.events]
    if not any(stored):
        return ()
    recorded = []
    for new, encoded, row in zip(entry.events, prepared.encoded, stored, strict=True):
        if row is None or (row.job_id, row.encoded) != (entry.job.job_id, encoded):
            known = next(row.event_id for row in stored if row is not None)
            raise Refused(f"the event id {known} is taken by another event")
        recorded.append(replace(row.recorded, event=new.event, metadata=entry.metadata))
    return tuple(recorded)


def _check_lease(tables: MemoryTables, entry: Append) -> None:
    lease = entry.lease
    if lease is not None and not tables.holds(lease):
        raise Fenced(f"the lease {lease.epoch} of job {lease.job_id} belongs to another worker now")


def _check_version(tables: MemoryTables, entry: Append) -> None:
    stored, base = len(tables.by_job.get(entry.job.job_id, ())), entry.job.version - len(entry.events)
    if stored != base:
        raise VersionConflict(f"job {entry.job.job_id} is at version {stored}, not at {base}")


def _job_row(tables: MemoryTables, entry: Append, at: datetime) -> TableRow:
    end = len(tables.events)
    created, updated = Stamp(position=end + 1, at=at), Stamp(position=end + len(entry.events), at=at)
    row = dict(zip(JOB_COLUMNS, job_row(entry.job, created=created, updated=updated), strict=True))
    before = tables.jobs.get(entry.job.job_id)
    return row if before is None else {**row, **{name: before[name] for name in _KEPT}}


def _store_events(tables: MemoryTables, prepared: PreparedAppend, at: datetime) -> tuple[Recorded, ...]:
    entry, recorded = prepared.entry, []
    history = tables.by_job.setdefault(entry.job.job_id, [])
    for new, encoded in zip(entry.events, prepared.encoded, strict=True):
        position, version = len(tables.events) + 1, len(history) + 1
        row = StoredEvent(
            position=position,
            job_id=entry.job.job_id,
            version=version,
            event_id=new.event_id,
            encoded=encoded,
            metadata=prepared.metadata,
            recorded_at=at,
        )
        tables.events.append(row)
        tables.by_event_id[new.event_id] = row
        history.append(row)
        recorded.append(
            Recorded(
                position=position,
                job_id=entry.job.job_id,
                version=version,
                event_id=new.event_id,
                event=new.event,
                recorded_at=at,
                metadata=entry.metadata,
            )
        )
    return tuple(recorded)
