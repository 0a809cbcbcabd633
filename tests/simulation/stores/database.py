"""The way of one simulated process to the tables, with faults to order. Nothing here needs a thread or real time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import TypeVar

from domain.errors import Unavailable
from tests.simulation.stores.tables import MemoryTables

T = TypeVar("T")


class Fault(Enum):
    """What goes wrong with one call. After ANSWER_LOST the call took effect, and its caller is not told."""

    NONE = auto()
    AWAY = auto()
    ANSWER_LOST = auto()


def no_fault(_call: str) -> Fault:
    """Let every call succeed."""
    return Fault.NONE


async def yield_once() -> None:
    """Let the other tasks run."""
    await asyncio.sleep(0)


class MemoryDatabase:
    """One for each process; those of one installation share their tables.

    `fault` is asked at the beginning of each call, with its name, such as `append`. `pause` is awaited before and after
    the call takes effect, in one moment between the two: a simulator puts the way to the database there.
    """

    def __init__(
        self,
        tables: MemoryTables | None = None,
        *,
        fault: Callable[[str], Fault] = no_fault,
        pause: Callable[[], Awaitable[None]] = yield_once,
    ) -> None:
        self.tables = MemoryTables() if tables is None else tables
        self.fault, self.pause = fault, pause

    async def run(self, call: str, work: Callable[[MemoryTables], T], *, done: Callable[[T], None] | None = None) -> T:
        """Run `work` in one moment, and `done` with its answer unless that is lost. Raises Unavailable, as ordered."""
        fault = self.fault(call)
        await self.pause()
        if fault is Fault.AWAY:
            raise Unavailable("the database cannot be reached")
        answer = work(self.tables)
        if done is not None and fault is not Fault.ANSWER_LOST:
            done(answer)
        await self.pause()
        if fault is Fault.ANSWER_LOST:
            raise Unavailable("the connection to the database was lost")
        return answer
