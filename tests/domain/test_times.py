"""Times as they are stored and shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.errors import Refused
from domain.times import read_time, time_text


def test_a_time_of_any_zone_is_stored_in_utc_and_sorts_as_text() -> None:
    there = datetime(2026, 11, 22, 20, 0, tzinfo=timezone(timedelta(hours=2)))
    assert time_text(there) == "2026-11-22T18:00:00.000000Z"
    assert read_time(time_text(there)) == there
    assert time_text(there) < time_text(there + timedelta(microseconds=1))
    with pytest.raises(Refused):
        read_time("yesterday")


def test_a_time_to_the_millisecond_is_cut_not_rounded() -> None:
    assert (
        time_text(datetime(2026, 11, 22, 18, 0, 0, 999_999, tzinfo=UTC), "milliseconds") == "2026-11-22T18:00:00.999Z"
    )
