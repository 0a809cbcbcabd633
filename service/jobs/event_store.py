"""The ports of the event store: the whole of it, and what those need who only read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.records import Append, Recorded


class EventLog(Protocol):
    """Every event of every job, in one order, to be read. Every method raises Unavailable."""

    async def history(self, job_id: str, *, upto_version: int | None = None) -> tuple[Recorded, ...]:
        """Return the events of one job, oldest first; of an unknown job none."""

    async def read(self, *, after: int, limit: int) -> Sequence[Recorded]:
        """Return up to `limit` events with a position above `after`, in order."""


class EventStore(EventLog, Protocol):
    """The truth: the log of events, and how it grows."""

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        """Commit the events and the read model together.

        The same event ids and contents again: success, with the old positions.
        Raises VersionConflict, Fenced, Unavailable.
        """
