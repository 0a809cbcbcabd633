"""Messages between processes and what they use: each takes its time, and before each something may happen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextvars import Context
from typing import TypeVar

from tests.simulation.loop import OWNER, Owner, VirtualLoop

T = TypeVar("T")

_NOBODY = Context()
"""The world outside of every process: what it does happens also while the caller is paused or dead."""


class Wire:
    """Carries requests and answers. `moment` is called before each: there a nemesis may strike."""

    def __init__(self, loop: VirtualLoop, chance: random.Random, *, moment: Callable[[], None]) -> None:
        self._loop = loop
        self._chance = chance
        self._moment = moment

    async def exchange(self, serve: Callable[[], T], *, slowness: float = 1.0) -> T:
        """Send a request; `serve` answers it or raises, at the other end. A dead caller never gets the answer."""
        if self._loop.is_over:
            raise asyncio.CancelledError
        self._moment()
        if (owner := OWNER.get()) is not None and not owner.is_running:
            await _until_running(owner)
        answer: asyncio.Future[T] = self._loop.create_future()
        self.later(self._latency(slowness), self._serve, serve, answer, slowness)
        return await answer

    async def ask(self, serve: Callable[[], T], *, slowness: float = 1.0) -> T:
        """Send a question that changes nothing: half of the work, since it is all the same when its answer was made."""
        if self._loop.is_over:
            raise asyncio.CancelledError
        self._moment()
        if (owner := OWNER.get()) is not None and not owner.is_running:
            await _until_running(owner)
        answer: asyncio.Future[T] = self._loop.create_future()
        self.later(2 * self._latency(slowness), _serve_now, serve, answer)
        return await answer

    def later(self, seconds: float, action: Callable[..., object], *arguments: object) -> None:
        """Let something happen outside of every process."""
        self._loop.call_later(seconds, action, *arguments, context=_NOBODY)

    def _serve(self, serve: Callable[[], T], answer: asyncio.Future[T], slowness: float) -> None:
        try:
            result = serve()
        except Exception as error:  # noqa: BLE001 - the caller raises it
            self._moment()
            self.later(self._latency(slowness), _fail, answer, error)
        else:
            self._moment()
            self.later(self._latency(slowness), _answer, answer, result)

    def _latency(self, slowness: float) -> float:
        """Return seconds: mostly short, sometimes long, never twice the same."""
        draw = self._chance.random()
        if draw < 0.8:
            return (0.0002 + 0.003 * draw) * slowness
        return (0.003 + (draw - 0.8) * (0.2 if draw < 0.97 else 1.5)) * slowness


async def _until_running(owner: Owner) -> None:
    """Wait while the calling process is paused; for ever in one that was killed."""
    while not owner.is_running:
        await asyncio.sleep(0)  # the loop keeps this callback until the process runs again


def _serve_now(serve: Callable[[], T], answer: asyncio.Future[T]) -> None:
    try:
        result = serve()
    except Exception as error:  # noqa: BLE001 - the caller raises it
        _fail(answer, error)
    else:
        _answer(answer, result)


def _answer(answer: asyncio.Future[T], result: T) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[T], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
