"""An event loop without real time: when nothing is ready, its clock jumps to the next timer."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Coroutine, Generator, Iterable
from contextvars import Context, ContextVar
from itertools import count
from typing import Any, Protocol

MOST_CALLBACKS_AT_ONE_TIME = 20_000
"""A program that does more than this without waiting once goes in a circle."""
MOST_ROUNDS_AT_THE_END = 5


class Owner(Protocol):
    """What callbacks belong to: a simulated process."""

    @property
    def is_running(self) -> bool:
        """Whether its callbacks run now."""

    def admits(self, handle: asyncio.Handle) -> bool:
        """Tell whether the callback may run now; else the owner keeps it, or drops it."""


OWNER: ContextVar[Owner | None] = ContextVar("owner", default=None)
"""The process that a callback belongs to. Every task and timer inherits it; the world outside has none."""


class GoesInACircle(Exception):
    """The program is busy and time stands still."""


class NumberedTask(asyncio.Task[Any]):
    """A task whose hash is its number: sets of tasks have the same order in every run."""

    def __init__(
        self, work: Coroutine[Any, Any, Any], *, loop: asyncio.AbstractEventLoop, context: Context | None, number: int
    ) -> None:
        self.number = number  # before the task is made, which puts it into a set
        super().__init__(work, loop=loop, context=context)

    def __hash__(self) -> int:
        return self.number


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks in order, and the processes that are ready at the same time in the order that chance says."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._seconds = 0.0
        self._chance = chance
        self._numbers = count(1)
        self._salt = chance.getrandbits(32)
        self._callbacks_at_this_time = 0
        self.is_over = False
        self.tasks: list[NumberedTask] = []
        """All of them: a task that nobody holds would be destroyed, and run its `finally`, at a time of its own."""
        self.set_task_factory(self._make_task)
        self.set_exception_handler(lambda _loop, _context: None)  # dead processes leave tasks behind

    def time(self) -> float:
        """Return the virtual seconds since the beginning."""
        return self._seconds

    def run_again(self, held: Iterable[asyncio.Handle]) -> None:
        """Run callbacks that were kept, in their order."""
        self._ready.extend(held)  # type: ignore[attr-defined]

    def end(self, held: Iterable[asyncio.Handle]) -> None:
        """End every task that is left, those of dead processes too, and close the loop: the story is over."""
        self.is_over = True
        self.run_again(held)
        for _ in range(MOST_ROUNDS_AT_THE_END):
            left = [task for task in self.tasks if not task.done()]
            if not left:
                break
            for task in left:
                task.cancel()
            self.run_until_complete(asyncio.wait(left, timeout=1))
        self.close()

    def _make_task(
        self,
        _loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        context: Context | None = None,
    ) -> asyncio.Task[Any]:
        number = hash((self._salt, next(self._numbers)))  # tasks of other schedules may be in the same sets
        task = NumberedTask(work, loop=self, context=context, number=number)  # type: ignore[arg-type]
        self.tasks.append(task)
        return task

    def _run_once(self) -> None:
        ready = self._ready  # type: ignore[attr-defined]
        if not ready:
            self._jump()
        self._collect_due()
        if len(ready) > 1:
            self._mix()
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle.cancelled():
                continue
            owner = handle._context.get(OWNER)
            if owner is None or self.is_over or owner.admits(handle):
                handle._run()
                self._callbacks_at_this_time += 1
        if self._callbacks_at_this_time > MOST_CALLBACKS_AT_ONE_TIME and not self.is_over:
            raise GoesInACircle(f"{self._callbacks_at_this_time} callbacks at {self._seconds:.3f} s")

    def _jump(self) -> None:
        """Move the clock to the next timer that was not cancelled."""
        timers = self._scheduled  # type: ignore[attr-defined]
        while timers and timers[0].cancelled():
            heapq.heappop(timers)
        if not timers:
            raise RuntimeError("nothing will ever happen again")
        if timers[0].when() > self._seconds:
            self._seconds = timers[0].when()
            self._callbacks_at_this_time = 0

    def _collect_due(self) -> None:
        timers, ready = self._scheduled, self._ready  # type: ignore[attr-defined]
        while timers and timers[0].when() <= self._seconds:
            handle = heapq.heappop(timers)
            handle._scheduled = False
            ready.append(handle)

    def _mix(self) -> None:
        """Let chance say which process comes first; the callbacks of each stay in order."""
        ready = self._ready  # type: ignore[attr-defined]
        owners = dict.fromkeys(handle._context.get(OWNER) for handle in ready)
        if len(owners) > 1:
            turns = {owner: self._chance.random() for owner in owners}
            mixed = sorted(ready, key=lambda handle: turns[handle._context.get(OWNER)])
            ready.clear()
            ready.extend(mixed)

    def _process_events(self, event_list: object) -> None:
        """There are no sockets."""

    def _write_to_self(self) -> None:
        """There are no threads to wake this one."""
