"""The ports of the event store: to read it, and to append to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.records import Append, Recorded


class EventLog(Protocol):
    """All events of all jobs, in one order. Every method raises Unavailable."""

    async def history(self, job_id: str, *, upto_version: int | None = None) -> tuple[Recorded, ...]:
        """Return the events of one job, oldest first; none for an unknown job."""

    async def read(self, *, after: int, limit: int) -> Sequence[Recorded]:
        """Return up to `limit` events with a position above `after`, in order."""


class EventStore(EventLog, Protocol):
    """The log of events, and how it grows."""

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        """Commit the events and the read model together.

        May be repeated: the same event ids and contents give the old positions.
        Raises VersionConflict, Fenced, Unavailable.
        """
