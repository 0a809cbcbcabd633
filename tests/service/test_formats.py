"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from service.formats import money, size


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "—"),
        (Decimal(0), "$0.00"),
        (Decimal("0.305"), "$0.31"),
        (Decimal("0.003"), "$0.00"),
        (Decimal("1e29"), f"${10**29:,}.00"),
        (Decimal("1234.5"), "$1,234.50"),
    ],
)
def test_money_has_cents_and_separators_and_a_dash_where_nobody_knows_it(amount: Decimal | None, shown: str) -> None:
    assert money(amount) == shown


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (12, "12 B"),
        (1023, "1023 B"),
        (2048, "2.0 KiB"),
        (1536 * 1024, "1.5 MiB"),
        (5 * 1024**3, "5.0 GiB"),
        (5 * 1024**4, "5120.0 GiB"),
    ],
)
def test_a_size_is_shown_in_the_largest_unit_that_keeps_it_above_one(size_bytes: int, shown: str) -> None:
    assert size(size_bytes) == shown
