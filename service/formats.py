"""Numbers as people read them, the same on the page and on the command line."""

from __future__ import annotations

from decimal import Decimal

from domain.cost import CENT

_STEP = 1024


def money(amount: Decimal | None) -> str:
    """Return an amount of USD, or a dash where it is unknown."""
    return "—" if amount is None else f"${amount.quantize(CENT):,}"


def size(size_bytes: int) -> str:
    """Return a size in the largest unit in which it is at least one; GiB is the largest."""
    if size_bytes < _STEP:
        return f"{size_bytes} B"
    value = size_bytes / _STEP
    for unit in ("KiB", "MiB"):
        if value < _STEP:
            return f"{value:.1f} {unit}"
        value /= _STEP
    return f"{value:.1f} GiB"
