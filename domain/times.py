"""Times as text: RFC 3339 in UTC, so that the order of the texts is the order in time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from domain.errors import Refused


def time_text(at: datetime, precision: Literal["microseconds", "milliseconds"] = "microseconds") -> str:
    """Return an aware time as RFC 3339 in UTC with a Z, cut to the precision.

    With microseconds, a shown time that is sent back as `at` finds the same event.
    """
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision)}Z"


def read_time(text: str) -> datetime:
    """Read what `time_text` wrote. Raises Refused where the text is damaged."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"not a time: {text!r}") from error
