"""The end of the log, and a signal for the log readers of this process when it may have grown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

LOOK_AGAIN_SECONDS = 0.5
"""How late events of other processes are seen."""


class LogSignal:
    """Wakes waiting readers at every commit of this process, and after LOOK_AGAIN_SECONDS in any case."""

    def __init__(self, head: Callable[[], Awaitable[int]]) -> None:
        self._head = head
        self._position = 0
        self._woken = asyncio.Event()

    async def head(self) -> int:
        """Return the position of the newest event, 0 of an empty log. Raises Unavailable."""
        return await self._head()

    def notify(self, position: int) -> None:
        """Say that events up to a position were stored."""
        self._position = max(self._position, position)
        self.wake()

    def wake(self) -> None:
        """Wake all waiting readers, although the log may not have grown."""
        woken, self._woken = self._woken, asyncio.Event()
        woken.set()

    async def wait(self, after: int) -> None:
        """Return as soon as an event above `after` may be stored, after LOOK_AGAIN_SECONDS at the latest."""
        if self._position > after:
            return
        try:
            await asyncio.wait_for(self._woken.wait(), LOOK_AGAIN_SECONDS)
        except TimeoutError:
            return
