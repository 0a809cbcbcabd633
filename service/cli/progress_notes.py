"""Notes on stderr about how far long work is."""

from __future__ import annotations

from collections.abc import Callable

from service.cli.output import say
from service.wiring.clock import CLOCK

SAY_SECONDS = 3.0


class ProgressNotes:
    """Says how far the work is, at most every few seconds: short work says nothing."""

    def __init__(self, *, monotonic: Callable[[], float] = CLOCK.monotonic) -> None:
        self._monotonic = monotonic
        self._said_at = monotonic()

    def say(self, progress: str) -> None:
        """Say it, unless something was said a moment ago."""
        if self._monotonic() - self._said_at > SAY_SECONDS:
            self._said_at = self._monotonic()
            say(f"{progress} ...")
