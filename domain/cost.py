"""What renders cost: exact, in USD. Amounts are rounded only where people read them, and never summed after that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import reduce
from typing import Literal

PriceUnit = Literal["second", "run", "predict_second"]
"""What a price is for: a second of video, a render whatever its length, a second of computing."""

LARGEST_PRICE = Decimal(1_000_000)
PRICE_PLACES = 12
"""USD, and digits behind the point: what a price may be at most."""
_EXACT = Context(prec=100)
"""More digits than a sum of such prices for any number of seconds has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """USD. The image price counts once per job, the second price once for each paid attempt.

    `per_second` is for one `unit`. `is_metered`: the provider's own figure counts, never the length that we measure.
    """

    per_image: Decimal = Decimal("0.003")
    per_second: Decimal = Decimal("0.10")
    unit: PriceUnit = "second"
    is_metered: bool = False

    def of_images(self, count: int) -> Decimal:
        """Return the price of all images of a job."""
        return _EXACT.multiply(self.per_image, Decimal(count))

    def of_units(self, units: float) -> Decimal:
        """Return the price of so many units, as the provider counts them."""
        return _EXACT.multiply(self.per_second, Decimal(str(units)))

    def of_video(self, seconds: float) -> Decimal:
        """Return the price of a video of that length, as far as it is known without a figure of the provider."""
        return self.per_second if self.unit == "run" else self.of_units(seconds)

    @property
    def is_by_length(self) -> bool:
        """Whether the measured length of a video says what it cost."""
        return self.unit == "second" and not self.is_metered


def total(parts: Iterable[Decimal]) -> Decimal:
    """Sum costs."""
    return reduce(_EXACT.add, parts, Decimal(0))


def total_or_none(parts: Iterable[Decimal | None]) -> Decimal | None:
    """Sum the costs that are known; None where none is."""
    known = [part for part in parts if part is not None]
    return total(known) if known else None


def above_estimate(actual: Decimal, estimate: Decimal | None, *, threshold: Decimal) -> bool:
    """Tell whether `actual` is worth a warning; never without an estimate or with an estimate of 0."""
    return estimate is not None and estimate > 0 and actual > estimate * threshold
