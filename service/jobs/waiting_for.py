"""Why jobs wait: the port of the reasons of leased jobs, which are in no event, and which reason is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.records import Lease
from domain.steps import NEEDS_OPERATOR


class WaitingFor(Protocol):
    """Why leased jobs wait. Every method raises Unavailable."""

    async def set(self, lease: Lease, reason: str) -> None:
        """Store why the job waits."""

    async def clear(self, lease: Lease) -> None:
        """Remove the reason: the job continues."""

    async def of(self, job_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the reasons of those of these jobs that wait."""


def shown_reason(own: str | None, stored: str | None) -> str | None:
    """Return what to show: its worker's reason before the job's own, and `needs_operator` before both."""
    return own if own == NEEDS_OPERATOR else stored or own
