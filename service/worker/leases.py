"""The port of leases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.records import Lease


class Leases(Protocol):
    """Who works on what."""

    async def claim(self, limit: int) -> Sequence[Lease]:
        """Take up to `limit` jobs that are due and free, or whose worker is dead; oldest first."""

    async def renew(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        """Show that they are in use; return those that are still ours."""

    async def release(self, leases: Sequence[Lease]) -> None:
        """Give them back; one that is no longer ours is left alone."""

    async def holds(self, lease: Lease) -> bool:
        """Tell whether the lease is still ours, as the database sees it now."""
