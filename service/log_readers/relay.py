"""Outbox to bus, oldest first. The only module that announces events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from domain.errors import Refused, Unavailable, VersionConflict
from service.log_readers.announcements import Announcement, announcements
from service.log_readers.checkpoints import Checkpoints
from service.log_readers.feed import Feed
from service.log_readers.reader import LogPage, LogReader
from service.log_readers.resume_point import ResumePoint, find_resume_point

NAME = "video"
"""The relay's name as a reader: its checkpoint is stored under it."""
WINDOW_EVENTS = 256
PAUSE_SECONDS = 0.5
CONFLICT_WAIT_SECONDS = 0.02

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far the relay has come; `waiting_since` is the time of the oldest event that is not announced."""

    position: int = 0
    waiting_since: datetime | None = None
    problem: str | None = None


class Relay:
    """Announces every event once and in order, also after outages of its process, of the bus or of the database.

    A page of its reader is one window of messages. Each conflict halves the next window, since a small one succeeds
    more often between the messages of another writer. Two relays at once are correct, but half of their work is lost:
    give the reader a leader lease. After the stream was lost, events since `again_since()` are announced again.
    """

    def __init__(
        self, reader: LogReader, feed: Feed, checkpoints: Checkpoints, *, again_since: Callable[[], datetime]
    ) -> None:
        self._reader = reader
        self._feed = feed
        self._checkpoints = checkpoints
        self._again_since = again_since
        self._resume_point = ResumePoint()
        self._is_confirmed = False
        self._lag = Lag()
        self._count_conflicts(0)

    @property
    def lag(self) -> Lag:
        """How far it has come, without a question to the bus or the database."""
        return self._lag

    async def run(self) -> None:
        """Announce until cancelled."""
        while True:
            try:
                await self._follow()
            except VersionConflict as conflict:
                log.debug("announcing_conflicted", reason=str(conflict))
                self._is_confirmed = False
                self._count_conflicts(self._conflicts + 1)
                await asyncio.sleep(min(CONFLICT_WAIT_SECONDS * self._conflicts, PAUSE_SECONDS))
            except (Unavailable, Refused) as error:
                await self._pause(error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _follow(self) -> None:
        async for page in self._reader.follow(self._begin):
            if page is None:
                self._lag = replace(self._lag, waiting_since=None, problem=None)
            else:
                await self._announce(page)

    async def _begin(self) -> int:
        """Compare the resume point with the end of the stream, and find a new one where they differ.

        The checkpoint is read before the end: another relay may move both, and an end that was read before its
        checkpoint would look like a lost stream.
        """
        end = await self._feed.end()
        if not self._is_confirmed or not self._resume_point.is_at(end):
            self._is_confirmed = False
            checkpoint = await self._checkpoints.load(self._reader.name)
            end = await self._feed.end()
            point = await find_resume_point(self._reader, end, checkpoint, again_since=self._again_since)
            if end.sequence < checkpoint.sequence:
                await self._checkpoints.save(self._reader.name, position=point.after, sequence=end.sequence)
            self._resume_point, self._is_confirmed = point, True
        if self._lag.problem is not None:
            log.info("announcing_resumed", position=self._resume_point.after)
        self._lag = replace(self._lag, position=self._resume_point.after, problem=None)
        return self._resume_point.after

    async def _announce(self, page: LogPage) -> None:
        """Publish one window and move the checkpoint behind it."""
        point = self._resume_point
        # Events whose first messages are announced do not wait.
        waiting_since = None if point.skip else page.events[0].recorded.recorded_at
        self._lag = replace(self._lag, waiting_since=waiting_since)
        messages = [one for event in page.events for one in announcements(event.recorded, event.job)]
        new, last = messages[point.skip :], messages[-1]
        self._is_confirmed = False
        sequence = await self._publish(new, point)
        self._resume_point = ResumePoint(
            after=page.position,
            skip=max(0, point.skip - len(messages)),
            sequence=sequence,
            cursor=(last.position, last.part) if new else point.cursor,
            anchored=point.anchored or bool(new),
        )
        if new:
            await self._checkpoints.save(self._reader.name, position=page.position, sequence=sequence)
        self._is_confirmed = True
        self._count_conflicts(max(0, self._conflicts - 1))
        self._lag = replace(self._lag, position=page.position)

    async def _publish(self, messages: Sequence[Announcement], point: ResumePoint) -> int:
        """Publish the messages behind the stream's end, and return its new last sequence.

        Where the resume point does not come from the stream, two relays may have found different ones: a single message
        goes first, and only the relay whose message is stored continues.
        """
        sequence = point.sequence
        if messages and not point.anchored:
            sequence = await self._feed.publish(messages[:1], expected_sequence=sequence)
            messages = messages[1:]
        return await self._feed.publish(messages, expected_sequence=sequence) if messages else sequence

    def _count_conflicts(self, conflicts: int) -> None:
        self._conflicts = conflicts
        self._reader.page_events = max(1, WINDOW_EVENTS >> conflicts)

    async def _pause(self, error: Unavailable | Refused) -> None:
        self._is_confirmed = False
        if self._lag.problem is None:
            level = log.error if isinstance(error, Refused) else log.warning
            level("announcing_paused", reason=str(error), position=self._lag.position)
        self._lag = replace(self._lag, problem=str(error))
        await self._find_waiting()

    async def _find_waiting(self) -> None:
        """Find the oldest event that waits while the bus is away."""
        try:
            after = self._lag.position or (await self._checkpoints.load(self._reader.name)).position
            waiting = await self._reader.next_event(after=after)
        except Unavailable:
            return
        since = None if waiting is None else waiting.recorded_at
        self._lag = replace(self._lag, position=after, waiting_since=since)
