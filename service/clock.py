"""What a clock is. The wiring chooses one and gives it to every class that needs the time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day, and seconds for measuring."""

    def now(self) -> datetime:
        """Return the time of day in UTC, with its time zone. It may jump, because the clock may be set."""

    def monotonic(self) -> float:
        """Return seconds since some moment in the past. They never jump and never go back."""
