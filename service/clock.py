"""What a clock is. The wiring chooses one, and every class that asks for the time gets it from there."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day, and seconds to measure with."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC. It may jump, because somebody may set it."""

    def monotonic(self) -> float:
        """Return seconds since some moment of the past. They never jump and never go back."""
