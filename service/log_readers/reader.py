"""Reads the log of events page by page, each event with its job after it. Every log reader uses it.

A new reader, such as webhooks, says where it begins and what it does with a page:

    reader = LogReader("webhooks", stores.events, wait=log_signal.wait, leadership=lease)

    async def begin() -> int:
        return (await checkpoints.load(reader.name)).position

    async for page in reader.follow(begin):
        if page is not None:
            await deliver(page.events)
            await checkpoints.save(reader.name, position=page.position)

A reader that stops between delivery and checkpoint delivers that page again, so a delivery may be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

import structlog

from domain.errors import IllegalMove
from domain.records import Recorded
from service.jobs.event_store import EventLog
from service.jobs.folding import FoldedEvent, FoldedJobs

PAGE_EVENTS = 256
PAGES_IN_A_ROUND = 64
POLL_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Leadership(Protocol):
    """The leader lease of a reader: only one process reads at a time."""

    async def holds(self) -> bool:
        """Tell whether this process has the leader lease; claim it where it is free. Raises Unavailable."""


async def poll(_position: int) -> None:
    """Wait POLL_SECONDS: for readers without a signal."""
    await asyncio.sleep(POLL_SECONDS)


def _never(_recorded: Recorded) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Events in order. All events behind `after` up to `position` were read; none where these are equal."""

    events: Sequence[FoldedEvent]
    after: int
    position: int


class JobLog:
    """A log with the events of one job only."""

    def __init__(self, events: EventLog, job_id: str) -> None:
        self._events = events
        self._job_id = job_id

    async def history(self, job_id: str, *, upto_version: int | None = None) -> tuple[Recorded, ...]:
        """Return the events of any job, oldest first."""
        return await self._events.history(job_id, upto_version=upto_version)

    async def read(self, *, after: int, limit: int) -> Sequence[Recorded]:
        """Return up to `limit` events of this log's job with a position above `after`, in order."""
        history = await self._events.history(self._job_id)
        return [recorded for recorded in history if recorded.position > after][:limit]


class LogReader:
    """Reads pages of at most `page_events` events; it may be changed between two pages. Methods raise Unavailable.

    `wait` returns when there may be events behind a position, after a short time at the latest. An event that cannot
    be folded raises IllegalMove; with `skips_illegal` it is left out and logged.
    """

    def __init__(
        self,
        name: str,
        events: EventLog,
        *,
        wait: Callable[[int], Awaitable[None]] = poll,
        leadership: Leadership | None = None,
        skips_illegal: bool = False,
    ) -> None:
        self.name = name
        self.page_events = PAGE_EVENTS
        self._events = events
        self._jobs = FoldedJobs(events)
        self._wait = wait
        self._leadership = leadership
        self._skips_illegal = skips_illegal

    async def next_event(self, *, after: int) -> Recorded | None:
        """Return the first event behind a position, without its job."""
        return next(iter(await self._events.read(after=after, limit=1)), None)

    async def page(self, *, after: int, stop: Callable[[Recorded], bool] = _never) -> LogPage:
        """Return the next page; it ends before the first event that `stop` is true of."""
        read = await self._events.read(after=after, limit=self.page_events)
        events = list(takewhile(lambda recorded: not stop(recorded), read))
        position = events[-1].position if events else after
        return LogPage(events=await self._fold(events), after=after, position=position)

    async def pages(self, *, after: int = 0, stop: Callable[[Recorded], bool] = _never) -> AsyncIterator[LogPage]:
        """Yield the pages behind a position, up to the end of the log or the first event that `stop` is true of."""
        while (page := await self.page(after=after, stop=stop)).position > after:
            yield page
            after = page.position

    async def follow(self, begin: Callable[[], Awaitable[int]]) -> AsyncIterator[LogPage | None]:
        """Yield pages without end, and None each time there is nothing to do: all is read, or another process leads.

        `begin` returns the position behind which to read. It is called at the start, after every wait and every
        PAGES_IN_A_ROUND pages, since another process may have continued the work.
        """
        while True:
            if self._leadership is not None and not await self._leadership.holds():
                yield None
                await asyncio.sleep(POLL_SECONDS)
                continue
            after = await begin()
            for _ in range(PAGES_IN_A_ROUND):
                page = await self.page(after=after)
                if page.position == after:
                    yield None
                    await self._wait(after)
                    break
                yield page
                after = page.position

    async def _fold(self, events: Sequence[Recorded]) -> Sequence[FoldedEvent]:
        folded = []
        for recorded in events:
            try:
                folded.append(await self._jobs.after(recorded))
            except IllegalMove:
                if not self._skips_illegal:
                    raise
                log.exception("event_not_folded", reader=self.name, job_id=recorded.job_id, version=recorded.version)
        return folded
