"""The end of the log, read once for all live streams: a bounded window of the newest frames.

Streams pull from it. A slow one takes no memory: the window moves on, and the stream sees that it fell behind.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
    """Follows the log while somebody reads. `position` is the newest event in the window."""

    def __init__(self, events: EventLog, log_signal: LogSignal) -> None:
        self.position = 0
        self.closed = False
        self._log_signal = log_signal
        self._reader = LogReader("live_window", events, wait=log_signal.wait, skips_illegal=True)
        self._window: deque[Frame] = deque()
        self._window_bytes = 0
        self._begins_after = 0
        self._readers = 0
        self._joining = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._moved = asyncio.Event()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Have the log followed; the first reader's window begins at its end. Raises Unavailable."""
        async with self._joining:
            if self._readers == 0:
                self._begin(await self._log_signal.head())
            self._readers += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._readers -= 1
            if self._readers == 0:
                self._wanted.clear()

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return self._readers

    def covers(self, position: int) -> bool:
        """Tell whether every event after `position` is in the window."""
        return self._begins_after <= position <= self.position

    def after(self, position: int) -> list[Frame]:
        """Return the frames of the window behind `position`, oldest first."""
        newer = []
        for item in reversed(self._window):
            if item.position <= position:
                break
            newer.append(item)
        newer.reverse()
        return newer

    async def wait(self, position: int, seconds: float) -> None:
        """Return when there is something behind `position`, when the window is closed, or after `seconds`."""
        if self.closed or self.position > position:
            return
        try:
            await asyncio.wait_for(self._moved.wait(), seconds)
        except TimeoutError:
            return

    async def run(self) -> None:
        """Follow the log for ever, whatever happens to it."""
        while True:
            await self._wanted.wait()
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
        """Take what comes, as long as there are readers and none of them has begun at another place."""
        async for page in self._reader.follow(self._end):
            if not self._wanted.is_set():
                return
            if page is None:
                continue
            frames = [event_frame(event) for event in page.events]
            # While this was read, the last reader may have left and another one begun at a later end.
            if page.after != self.position:
                return
            self._extend(frames, page.position)

    async def _end(self) -> int:
        return self.position

    def _extend(self, frames: list[Frame], position: int) -> None:
        self._window.extend(frames)
        self._window_bytes += sum(len(item.text) for item in frames)
        self.position = position
        self._trim()
        self._wake()

    def _begin(self, position: int) -> None:
        self._window.clear()
        self._window_bytes = 0
        self.position = self._begins_after = position

    def _trim(self) -> None:
        while len(self._window) > WINDOW_FRAMES or self._window_bytes > WINDOW_BYTES:
            gone = self._window.popleft()
            self._window_bytes -= len(gone.text)
            self._begins_after = gone.position

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
