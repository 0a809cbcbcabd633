"""Where the log ends, and when it may have grown: a bell for everybody in this process who follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

LOOK_AGAIN_SECONDS = 0.5
"""What other processes write is seen this late at most."""


class LogSignal:
    """Rings at every commit of this process, and now and then by itself."""

    def __init__(self, head: Callable[[], Awaitable[int]]) -> None:
        self._head = head
        self._position = 0
        self._bell = asyncio.Event()

    async def head(self) -> int:
        """Return the position of the newest event, 0 of an empty log. Raises Unavailable."""
        return await self._head()

    def notify(self, position: int) -> None:
        """Say that the log has grown."""
        self._position = max(self._position, position)
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    async def wait(self, after: int) -> None:
        """Return as soon as an event above `after` may be stored, and at the latest after a short while."""
        if self._position > after:
            return
        try:
            await asyncio.wait_for(self._bell.wait(), LOOK_AGAIN_SECONDS)
        except TimeoutError:
            return
