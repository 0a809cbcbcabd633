"""Sealing: a batch of appends becomes rows with positions, times and chained hashes. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.sql.log.codec import Encoded
from adapters.sql.log.projection import Row, Stamp, job_row, render_row, touched_renders
from domain.events import RenderRequested
from domain.job import Job
from domain.records import Append, Lease
from domain.times import read_time, time_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the log ends."""

    position: int
    hash: bytes
    recorded_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAppend:
    """An append as it will be written: its events encoded, in order."""

    entry: Append
    events: tuple[Encoded, ...]
    metadata: str

    @property
    def job_id(self) -> str:
        """The job that all its events belong to."""
        return self.entry.job.job_id

    @property
    def base_version(self) -> int:
        """The version of the job that the first event follows."""
        return self.entry.job.version - len(self.events)

    @property
    def event_ids(self) -> tuple[str, ...]:
        """One per event, in order."""
        return tuple(event.event_id for event in self.entry.events)

    @property
    def size_chars(self) -> int:
        """The length of its events' data, in characters."""
        return sum(len(event.data) for event in self.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One transaction: it holds only if the log still ends at `before` and every lease in `held` is still held."""

    before: Head
    after: Head
    events: Sequence[Row]
    jobs: Sequence[Row]
    renders: Sequence[Row]
    held: Sequence[Lease]
    released: Sequence[Lease]
    new_jobs: Sequence[str]


def seal(appends: Sequence[PendingAppend], *, head: Head, now: datetime) -> Sealed:
    """Give every event its position, time and hash, and project the rows of jobs and renders."""
    recorded_at = max(time_text(now), head.recorded_at)
    events: list[Row] = []
    ends: list[tuple[PendingAppend, int]] = []
    after = head
    for pending in appends:
        for row in _event_rows(pending, after=after, recorded_at=recorded_at):
            events.append(row)
            after = Head(position=after.position + 1, hash=row[-1], recorded_at=recorded_at)  # type: ignore[arg-type]
        ends.append((pending, after.position))
    return Sealed(
        before=head,
        after=after,
        events=events,
        jobs=_job_rows(ends, read_time(recorded_at)),
        renders=_render_rows(appends, recorded_at),
        held=_leases(pending.entry.lease for pending in appends),
        released=_leases(pending.entry.lease for pending in appends if pending.entry.release),
        new_jobs=sorted({pending.job_id for pending in appends if pending.base_version == 0}),
    )


def chain(previous: bytes, fields: Sequence[object]) -> bytes:
    """Hash an event's columns, in their order and without the hash, onto the hash of the event before it: SHA-256.

    The columns are joined by line feeds: names and times contain none, and JSON escapes them.
    """
    return hashlib.sha256(previous + "\n".join(map(str, fields)).encode()).digest()


def _event_rows(pending: PendingAppend, *, after: Head, recorded_at: str) -> Iterable[Row]:
    digest = after.hash
    for offset, (event_id, event) in enumerate(zip(pending.event_ids, pending.events, strict=True), start=1):
        fields = (
            after.position + offset,
            pending.job_id,
            pending.base_version + offset,
            event_id,
            event.type,
            event.schema_version,
            event.data,
            pending.metadata,
            recorded_at,
        )
        digest = chain(digest, fields)
        yield (*fields, digest)


def _job_rows(ends: Sequence[tuple[PendingAppend, int]], at: datetime) -> Sequence[Row]:
    created: dict[str, Stamp] = {}
    last: dict[str, tuple[Job, Stamp]] = {}
    for pending, end in ends:
        first = Stamp(position=end - len(pending.events) + 1, at=at)
        created.setdefault(pending.job_id, first)
        last[pending.job_id] = (pending.entry.job, Stamp(position=end, at=at))
    return [job_row(job, created=created[job_id], updated=updated) for job_id, (job, updated) in sorted(last.items())]


def _render_rows(appends: Sequence[PendingAppend], recorded_at: str) -> Sequence[Row]:
    """The time of a render's request is empty where the request is not in this batch: the stored one stays."""
    rows: dict[str, Row] = {}
    requested: set[str] = set()
    for pending in appends:
        requested |= {new.event.token for new in pending.entry.events if isinstance(new.event, RenderRequested)}
        for render in touched_renders(pending.entry.job, (event.event for event in pending.entry.events)):
            rows[render.token] = render_row(
                pending.job_id,
                render,
                requested_at=recorded_at if render.token in requested else "",
                changed_at=recorded_at,
            )
    return [rows[token] for token in sorted(rows)]


def _leases(leases: Iterable[Lease | None]) -> Sequence[Lease]:
    """Each once, in the order in which every statement locks them: this prevents deadlocks."""
    return sorted({lease for lease in leases if lease is not None}, key=lambda lease: lease.job_id)
