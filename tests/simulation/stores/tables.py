"""The tables of one installation as lists and dicts. No process and no clock is known here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from adapters.sql.log.codec import Codec, Encoded, decode_metadata
from adapters.sql.work.checkpoints import StoredCheckpoint
from adapters.sql.work.idempotency import Remembered
from domain.records import Lease, Recorded

CODEC = Codec()
BEFORE_ALL_EVENTS = datetime.min.replace(tzinfo=UTC)

TableRow = dict[str, Any]
"""A row of the read model, by column."""


@dataclass(frozen=True, kw_only=True)
class StoredEvent:
    """One event in its stored form, decoded at the first reading."""

    position: int
    job_id: str
    version: int
    event_id: str
    encoded: Encoded
    metadata: str
    recorded_at: datetime

    @cached_property
    def recorded(self) -> Recorded:
        """The event as its readers see it. Raises Refused where it cannot be read."""
        return Recorded(
            position=self.position,
            job_id=self.job_id,
            version=self.version,
            event_id=self.event_id,
            event=CODEC.decode(self.encoded.type, self.encoded.schema_version, self.encoded.data),
            recorded_at=self.recorded_at,
            metadata=decode_metadata(self.metadata),
        )


@dataclass(slots=True)
class LeaseRow:
    """Who works on a job. Nobody: `owner` is None."""

    owner: str | None = None
    epoch: int = 0
    renewals: int = 0

    def take(self, owner: str) -> None:
        """Give it to another owner, who fences the one before."""
        self.owner, self.epoch, self.renewals = owner, self.epoch + 1, 0


@dataclass(slots=True)
class MemoryTables:
    """All tables. Jobs and renders are rows of the read model, the jobs in the order of their first events."""

    events: list[StoredEvent] = field(default_factory=list)
    by_event_id: dict[str, StoredEvent] = field(default_factory=dict)
    by_job: dict[str, list[StoredEvent]] = field(default_factory=dict)
    jobs: dict[str, TableRow] = field(default_factory=dict)
    renders: dict[str, TableRow] = field(default_factory=dict)
    leases: dict[str, LeaseRow] = field(default_factory=dict)
    waits: dict[str, tuple[int, str]] = field(default_factory=dict)
    checkpoints: dict[str, StoredCheckpoint] = field(default_factory=dict)
    keys: dict[str, tuple[datetime, Remembered]] = field(default_factory=dict)
    restores: dict[datetime, int] = field(default_factory=dict)

    @property
    def last_recorded_at(self) -> datetime:
        """The time of the newest event: no later one is older."""
        return self.events[-1].recorded_at if self.events else BEFORE_ALL_EVENTS

    def holds(self, lease: Lease) -> bool:
        """Tell whether a lease is in the table unchanged."""
        row = self.leases.get(lease.job_id)
        return row is not None and (row.owner, row.epoch) == (lease.owner, lease.epoch)

    def free(self, lease: Lease) -> None:
        """Give a lease back, unless it belongs to another by now."""
        if self.holds(lease):
            self.leases[lease.job_id].owner = None
