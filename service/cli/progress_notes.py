"""Progress of long work as lines on stderr."""

from __future__ import annotations

from collections.abc import Callable

from service.cli.output import say
from service.wiring.clock import CLOCK

SAY_SECONDS = 3.0


class ProgressNotes:
    """Prints the progress at most every few seconds; short work prints nothing."""

    def __init__(self, *, monotonic: Callable[[], float] = CLOCK.monotonic) -> None:
        self._monotonic = monotonic
        self._said_at = monotonic()

    def say(self, progress: str) -> None:
        """Print it, unless a line was printed a short time ago."""
        if self._monotonic() - self._said_at > SAY_SECONDS:
            self._said_at = self._monotonic()
            say(f"{progress} ...")
