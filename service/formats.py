"""Numbers as people read them, the same on the page and on the command line."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

_STEP = 1024
_CENT = Decimal("0.01")
_TO_CENTS = Context(prec=400, rounding=ROUND_HALF_UP)
"""More digits than any amount has."""


def money(amount: Decimal | None) -> str:
    """Return an amount of USD, rounded half up to cents, or a dash where it is unknown."""
    return "—" if amount is None else f"${amount.quantize(_CENT, context=_TO_CENTS):,}"


def list_price(amount: Decimal | None) -> str | None:
    """Return what a job would have cost where nobody sends a bill; None where all of it was billed."""
    return None if amount is None else f"{money(amount)} at list price, nobody was paid"


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
