"""An event loop without real time: when nothing is ready, its clock jumps to the next timer."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextvars import Context, ContextVar
from itertools import count
from typing import Any, Protocol

MOST_CALLBACKS_AT_ONE_TIME = 20_000
"""A program that does more than this without waiting once goes in a circle."""
MOST_ROUNDS_AT_THE_END = 5


class Owner(Protocol):
    """What callbacks belong to: a simulated process. `held` are those that came while it did not run."""

    is_running: bool
    held: list[asyncio.Handle]


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
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
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
        self._ready.extend(held)

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

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call back after some virtual seconds."""
        return self.call_at(self._seconds + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call back at a virtual time; timers of the same time in the order in which they were made."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._numbers), handle))
        return handle

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        """Call back in this round or the next one."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def _run_once(self) -> None:
        ready = self._ready
        if not ready:
            self._jump()
        if len(ready) > 1:
            self._mix()
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle._cancelled:
                continue
            owner = handle._context.get(OWNER)
            if owner is not None and not owner.is_running and not self.is_over:
                owner.held.append(handle)
            else:
                self._callbacks_at_this_time += 1
                try:  # noqa: SIM105 - a context manager for each callback is slow
                    handle._context.run(handle._callback, *handle._args)
                except Exception:  # noqa: BLE001 - dead processes leave tasks behind
                    pass
        if self._callbacks_at_this_time > MOST_CALLBACKS_AT_ONE_TIME and not self.is_over:
            raise GoesInACircle(f"{self._callbacks_at_this_time} callbacks at {self._seconds:.3f} s")

    def _jump(self) -> None:
        """Move the clock to the next timer that was not cancelled, and make ready what is due then."""
        timers = self._timers
        while timers and timers[0][2]._cancelled:
            heapq.heappop(timers)
        if not timers:
            raise RuntimeError("nothing will ever happen again")
        if timers[0][0] > self._seconds:
            self._seconds = timers[0][0]
            self._callbacks_at_this_time = 0
        while timers and timers[0][0] <= self._seconds:
            self._ready.append(heapq.heappop(timers)[2])

    def _mix(self) -> None:
        """Let chance say which process comes first; the callbacks of each stay in order."""
        ready = self._ready
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
