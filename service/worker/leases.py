"""The port of leases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.records import Lease


class Leases(Protocol):
    """Which worker works on which job. Every method raises Unavailable."""

    async def claim(self, limit: int) -> Sequence[Lease]:
        """Claim up to `limit` jobs that are due and free, or whose worker is dead; oldest first."""

    async def renew(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        """Renew leases; return those that are still ours."""

    async def release(self, leases: Sequence[Lease]) -> None:
        """Give leases back; those of another worker are not changed."""
