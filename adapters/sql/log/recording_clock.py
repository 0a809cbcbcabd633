"""The time that events are stored under: the own clock, unless it is not that of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

LOG_AHEAD_SECONDS = 60.0
"""How far ahead of now the last stored time may lie without a word: no later event is stored under an earlier one."""

log = structlog.get_logger(__name__)


class RecordingClock:
    """The own clock, put right by what it differs from the database's, which all writers share.

    With a tolerance of None the own clock alone counts.
    """

    def __init__(self, *, own: Callable[[], datetime], tolerance_seconds: float | None) -> None:
        self.own = own
        self._tolerance_seconds = tolerance_seconds
        self._ahead = timedelta()
        self._last: tuple[datetime, float] | None = None
        self._is_log_ahead = False

    def now(self) -> datetime:
        """Return the time of the database, as far as it is known to differ from the own one."""
        return self.own() - self._ahead

    def has_jumped(self) -> bool:
        """Tell whether the own clock was set since this was asked last: then it must be compared again."""
        at = self.own(), asyncio.get_running_loop().time()
        last, self._last = self._last, at
        if last is None or self._tolerance_seconds is None:
            return False
        return abs((at[0] - last[0]).total_seconds() - (at[1] - last[1])) > self._tolerance_seconds

    def compare(self, database_time: datetime, *, asked_at: datetime) -> None:
        """Take over a difference above the tolerance; `asked_at` is the own time just before the database was asked."""
        if self._tolerance_seconds is None:
            return
        ahead = max(asked_at - database_time, timedelta()) or min(self.own() - database_time, timedelta())
        differs = abs(ahead.total_seconds()) > self._tolerance_seconds
        if differs and not self._ahead:
            log.error("clock_differs", ahead_seconds=round(ahead.total_seconds(), 1), stored_by="the database's clock")
        self._ahead = ahead if differs else timedelta()

    def check_last(self, recorded_at: datetime) -> None:
        """Warn, once, where the last stored time lies far ahead of now."""
        ahead_seconds = (recorded_at - self.now()).total_seconds()
        is_ahead = ahead_seconds > LOG_AHEAD_SECONDS
        if is_ahead and not self._is_log_ahead:
            log.warning("log_ahead_of_time", seconds=round(ahead_seconds, 1))
        self._is_log_ahead = is_ahead
