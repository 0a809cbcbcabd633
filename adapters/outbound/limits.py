"""How long an answer may take: a server that sends one byte at a time must not hold a fetch for ever."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """Limits of one request. `answer_seconds`: up to the headers, for each redirect again."""

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    answer_seconds: float = 60.0
    window_seconds: float = 60.0
    slowest_bytes_per_second: int = 1024


class SpeedCheck:
    """Checks the speed of a body. Only the time spent waiting for the server counts, not that of our disk."""

    def __init__(self, limits: RequestLimits, *, within_seconds: float) -> None:
        self._limits = limits
        self._seconds_left = within_seconds
        self._window_seconds = 0.0
        self._window_bytes = 0

    def add(self, size_bytes: int, *, waited_seconds: float) -> None:
        """Count a chunk. Raises Unavailable where all takes too long or the last window was too slow."""
        self._seconds_left -= waited_seconds
        if self._seconds_left < 0:
            raise Unavailable("the transfer took too long")
        self._window_seconds += waited_seconds
        self._window_bytes += size_bytes
        if self._window_seconds < self._limits.window_seconds:
            return
        if self._window_bytes < self._limits.slowest_bytes_per_second * self._window_seconds:
            raise Unavailable(f"slower than {self._limits.slowest_bytes_per_second} bytes a second")
        self._window_seconds, self._window_bytes = 0.0, 0
