"""Where it is kept why jobs in hand wait: what their workers met that is no event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.records import Lease


class WaitingFor(Protocol):
    """Why jobs in hand wait. Every method raises Unavailable."""

    async def set(self, lease: Lease, reason: str) -> None:
        """Keep why the job waits."""

    async def clear(self, lease: Lease) -> None:
        """Forget it: the job goes on."""

    async def of(self, job_ids: Sequence[str]) -> Mapping[str, str]:
        """Return why those of these jobs wait that do."""
