"""What to answer the caller of an append that did not go in as it was: decided by looking at what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.sql import lookups
from adapters.sql.codec import read_time
from adapters.sql.database import Database
from adapters.sql.failures import Rejected
from adapters.sql.projection import touched_renders
from adapters.sql.seal import Draft
from domain.errors import Fenced, ReelwrightError, Refused, Unavailable, VersionConflict
from domain.ports import Lease, Recorded

Verdict = tuple[Recorded, ...] | ReelwrightError | None
"""The old positions, an error, or None: it fits now, write it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Reads the log to tell a repetition from a conflict, and a conflict from a lost lease."""

    database: Database

    async def verdicts(self, drafts: Sequence[Draft]) -> list[Verdict]:
        """Return one verdict per draft, in order."""
        return await self.database.read(lambda connection: _verdicts(connection, drafts))

    async def rejection(self, draft: Draft, error: Rejected) -> ReelwrightError:
        """Return why the database refused the rows of a draft whose version and lease are in order."""
        return await self.database.read(lambda connection: _rejection(connection, draft)) or error


def _verdicts(connection: sa.Connection, drafts: Sequence[Draft]) -> list[Verdict]:
    stored = lookups.stored(connection, [event_id for draft in drafts for event_id in draft.event_ids])
    versions = lookups.versions(connection, sorted({draft.job_id for draft in drafts}))
    leases = [draft.entry.lease for draft in drafts if draft.entry.lease is not None]
    held = lookups.held(connection, leases) if leases else set()
    return [_verdict(draft, stored, versions[draft.job_id], held) for draft in drafts]


def _verdict(draft: Draft, stored: lookups.Stored, version: int, held: set[Lease]) -> Verdict:
    known = [event_id for event_id in draft.event_ids if event_id in stored]
    if known:
        return _repeated(draft, stored, known)
    lease = draft.entry.lease
    if lease is not None and lease not in held:
        return Fenced(f"the lease {lease.epoch} of job {lease.job_id} belongs to another worker now")
    if version != draft.base_version:
        return VersionConflict(f"job {draft.job_id} is at version {version}, not at {draft.base_version}")
    return None


def _repeated(draft: Draft, stored: lookups.Stored, known: Sequence[str]) -> Verdict:
    """An event id stands for one content for ever, so the same ids are either the same append or a mistake."""
    recorded = []
    for new, encoded in zip(draft.entry.events, draft.events, strict=True):
        row = stored.get(new.event_id)
        if row is None or (row.job_id, row.type, row.data) != (draft.job_id, encoded.type, encoded.data):
            return Refused(f"the event id {known[0]} is taken by another event")
        recorded.append(
            Recorded(
                position=row.position,
                job_id=row.job_id,
                version=row.version,
                event_id=row.event_id,
                event=new.event,
                recorded_at=read_time(row.recorded_at),
                metadata=draft.entry.metadata,
            )
        )
    return tuple(recorded)


def _rejection(connection: sa.Connection, draft: Draft) -> ReelwrightError | None:
    for render in touched_renders(draft.entry.job, (event.event for event in draft.entry.events)):
        twin = lookups.unresolved_twin(
            connection, model=render.model or "", request_hash=render.request_hash, token=render.token
        )
        if twin is not None:
            return Unavailable(f"another job's create with the same input is still unresolved: job {twin}")
        owner = lookups.owner_of_render(connection, render.render_id) if render.render_id else None
        if owner is not None and owner[1] != render.token:
            return VersionConflict(f"the render {render.render_id} already belongs to job {owner[0]}")
    return None
