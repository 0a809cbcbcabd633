"""Where the log ends, and when it may have grown: one signal for everything in this process that follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

LOOK_AGAIN_SECONDS = 0.5
"""What other processes write is seen this late at most."""


class LogSignal:
    """Wakes those who wait at every commit of this process; the others wake after a short while by themselves."""

    def __init__(self, head: Callable[[], Awaitable[int]]) -> None:
        self._head = head
        self._position = 0
        self._woken = asyncio.Event()

    async def head(self) -> int:
        """Return the position of the newest event, 0 of an empty log. Raises Unavailable."""
        return await self._head()

    def notify(self, position: int) -> None:
        """Say that the log has grown up to a position."""
        self._position = max(self._position, position)
        self.wake()

    def wake(self) -> None:
        """Let everybody who waits now look again, although the log may be as it was."""
        woken, self._woken = self._woken, asyncio.Event()
        woken.set()

    async def wait(self, after: int) -> None:
        """Return as soon as an event above `after` may be stored, and at the latest after a short while."""
        if self._position > after:
            return
        try:
            await asyncio.wait_for(self._woken.wait(), LOOK_AGAIN_SECONDS)
        except TimeoutError:
            return
