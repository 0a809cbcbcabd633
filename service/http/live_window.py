"""The newest events of the log, read once for all live streams: a window of frames with a bounded size.

Streams pull from it. A slow stream takes no memory: the window moves on, and the stream sees that it is behind.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import takewhile
from typing import Final

import structlog

from domain.errors import Unavailable
from service.http.event_frames import Frame, event_frame
from service.jobs.event_store import EventLog
from service.log_readers.log_signal import LogSignal
from service.log_readers.reader import LogReader

log = structlog.get_logger()

WINDOW_FRAMES: Final = 4096
WINDOW_BYTES: Final = 16 * 1024 * 1024
PAUSE_SECONDS: Final = 1.0


class LiveWindow:
    """Follows the log while there are readers. `position` is that of the newest event in the window."""

    def __init__(self, events: EventLog, log_signal: LogSignal) -> None:
        self.position = 0
        self.closed = False
        self._log_signal = log_signal
        self._reader = LogReader("live_window", events, wait=log_signal.wait, skips_illegal=True)
        self._window: deque[Frame] = deque()
        self._window_bytes = 0
        self._starts_after = 0
        self._readers = 0
        self._joining = asyncio.Lock()
        self._has_readers = asyncio.Event()
        self._moved = asyncio.Event()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Count a reader; the window of the first one begins at the end of the log. Raises Unavailable."""
        async with self._joining:
            if self._readers == 0:
                self._restart(await self._log_signal.head())
            self._readers += 1
        self._has_readers.set()
        try:
            yield
        finally:
            self._readers -= 1
            if self._readers == 0:
                self._has_readers.clear()

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return self._readers

    def covers(self, position: int) -> bool:
        """Tell whether every event after `position` is in the window."""
        return self._starts_after <= position <= self.position

    def after(self, position: int) -> list[Frame]:
        """Return the frames of the window behind `position`, oldest first."""
        newer = list(takewhile(lambda frame: frame.position > position, reversed(self._window)))
        newer.reverse()
        return newer

    async def wait(self, position: int, seconds: float) -> None:
        """Return when the window has an event behind `position`, when it is closed, or after `seconds`."""
        if self.closed or self.position > position:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._moved.wait(), seconds)

    async def run(self) -> None:
        """Follow the log for ever. Every error is logged, and reading goes on."""
        while True:
            await self._has_readers.wait()
            try:
                await self._follow()
            except Unavailable as error:
                log.warning("log_not_read", reason=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception:
                log.exception("live_window_broken")
                await asyncio.sleep(PAUSE_SECONDS)

    def close(self) -> None:
        """End every stream."""
        self.closed = True
        self._wake()

    async def _follow(self) -> None:
        """Read on while there are readers and the window was not restarted."""
        async for page in self._reader.follow(self._end):
            if not self._has_readers.is_set():
                return
            if page is None:
                continue
            frames = [event_frame(event) for event in page.events]
            # Meanwhile the last reader may have left, and a new one restarted the window at a later position.
            if page.after != self.position:
                return
            self._extend(frames, page.position)

    async def _end(self) -> int:
        return self.position

    def _extend(self, frames: list[Frame], position: int) -> None:
        self._window.extend(frames)
        self._window_bytes += sum(len(frame.text) for frame in frames)
        self.position = position
        while len(self._window) > WINDOW_FRAMES or self._window_bytes > WINDOW_BYTES:
            removed = self._window.popleft()
            self._window_bytes -= len(removed.text)
            self._starts_after = removed.position
        self._wake()

    def _restart(self, position: int) -> None:
        self._window.clear()
        self._window_bytes = 0
        self.position = self._starts_after = position

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
