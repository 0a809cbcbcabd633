"""The port of the reasons why leased jobs wait, which are in no event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.records import Lease


class WaitingFor(Protocol):
    """Why leased jobs wait. Every method raises Unavailable."""

    async def set(self, lease: Lease, reason: str) -> None:
        """Store why the job waits."""

    async def clear(self, lease: Lease) -> None:
        """Remove the reason: the job continues."""

    async def of(self, job_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the reasons of those of these jobs that wait."""
