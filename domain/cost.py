"""What a job cost. Exact until the end: only the total is rounded, to cents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """USD. The image price counts once per job, the second price once for each paid attempt."""

    per_image: Decimal = Decimal("0.003")
    per_second: Decimal = Decimal("0.10")

    def of_images(self, count: int) -> Decimal:
        """Return the price of all images of a job, exact."""
        return self.per_image * count

    def of_seconds(self, seconds: float) -> Decimal:
        """Return the price of a rendered length, exact."""
        return self.per_second * Decimal(str(seconds))


def total(parts: Iterable[Decimal]) -> Decimal:
    """Sum exact costs and round once, half up, to cents."""
    return sum(parts, Decimal(0)).quantize(CENT, rounding=ROUND_HALF_UP)


def above_estimate(actual: Decimal, estimate: Decimal | None, *, threshold: Decimal) -> bool:
    """Tell whether `actual` is worth a warning; never without an estimate or with an estimate of 0."""
    return estimate is not None and estimate > 0 and actual > estimate * threshold
