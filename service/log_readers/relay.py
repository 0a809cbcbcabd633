"""Outbox to bus, oldest first. The only module that announces events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from domain.errors import Refused, Unavailable, VersionConflict
from domain.ports import Announcement, Checkpoint, Checkpoints, Feed, FeedEnd
from domain.records import Recorded
from service.jobs.event_store import EventStore
from service.jobs.folding import FoldedJobs
from service.log_readers.announcements import announcements
from service.log_readers.resume_point import GoingOn, Place

NAME = "video"
WINDOW_EVENTS = 256
WINDOWS_IN_A_ROUND = 64
POLL_SECONDS = 0.5
CONFLICT_WAIT_SECONDS = 0.02

log = structlog.get_logger(__name__)


class Leadership(Protocol):
    """Says who announces. Two at once are correct, but each works for nothing half of the time."""

    async def holds(self) -> bool:
        """Tell whether this relay is the one, taking the place if it is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far the relay is; `waiting_since` is when the oldest event that is not announced was recorded."""

    position: int = 0
    waiting_since: datetime | None = None
    problem: str | None = None


class Relay:
    """Announces every event once and in order, however often it, the bus or the database is away.

    Each conflict halves the next window: a stranger who never rests lets a small one through, hardly ever a large one.
    After the stream was lost, events recorded at or after `again_since()` are announced again.
    """

    def __init__(
        self,
        store: EventStore,
        feed: Feed,
        checkpoints: Checkpoints,
        *,
        again_since: Callable[[], datetime],
        leadership: Leadership | None = None,
    ) -> None:
        self._store = store
        self._feed = feed
        self._checkpoints = checkpoints
        self._leadership = leadership
        self._jobs = FoldedJobs(store)
        self._going_on = GoingOn(store, again_since)
        self._woken = asyncio.Event()
        self._place: Place | None = None
        self._lag = Lag()
        self._conflicts = 0

    @property
    def lag(self) -> Lag:
        """How far it is; None of it is asked of the bus or the database."""
        return self._lag

    def wake(self) -> None:
        """Say that there are new events; without it they are found by the slow poll."""
        self._woken.set()

    async def run(self) -> None:
        """Announce until cancelled."""
        while True:
            self._woken.clear()
            try:
                more = await self._round()
            except VersionConflict as conflict:
                log.debug("announcing_conflicted", reason=str(conflict))
                self._place = None
                self._conflicts += 1
                await asyncio.sleep(min(CONFLICT_WAIT_SECONDS * self._conflicts, POLL_SECONDS))
                continue
            except (Unavailable, Refused) as error:
                await self._pause(error)
                await asyncio.sleep(POLL_SECONDS)
                continue
            if not more:
                await self._idle()

    async def _round(self) -> bool:
        """Announce what there is, up to a limit; tell whether there may be more."""
        if self._leadership is not None and not await self._leadership.holds():
            self._place = None
            self._lag = replace(self._lag, waiting_since=None, problem=None)
            return False
        place = await self._find_place()
        self._resume()
        for _ in range(WINDOWS_IN_A_ROUND):
            events = await self._store.read(after=place.after, limit=max(1, WINDOW_EVENTS >> self._conflicts))
            self._lag = replace(self._lag, waiting_since=_oldest(events, place))
            if not events:
                return False
            place = await self._announce(place, events)
        return True

    async def _find_place(self) -> Place:
        """Ask the stream, which alone knows what it holds; only a surprise needs the checkpoint.

        The checkpoint is read before the end: another relay may move both meanwhile, and an end that is behind a
        checkpoint would look like a lost stream.
        """
        end = await self._feed.end()
        if self._place is None or self._place.end != end:
            self._place = None
            checkpoint = await self._checkpoints.load(NAME)
            end = await self._feed.end()
            place = await self._going_on.place(end, checkpoint)
            if end.sequence < checkpoint.sequence:
                await self._checkpoints.save(NAME, Checkpoint(position=place.after, sequence=end.sequence))
            self._place = place
        self._lag = replace(self._lag, position=self._place.after)
        return self._place

    async def _announce(self, place: Place, events: Sequence[Recorded]) -> Place:
        """Publish one window and move the checkpoint behind it."""
        jobs = await self._jobs.after_each(events)
        messages = [one for event, job in zip(events, jobs, strict=True) for one in announcements(event, job)]
        new, last = messages[place.skip :], messages[-1]
        self._place = None
        sequence = await self._publish(new, place)
        place = Place(
            after=events[-1].position,
            skip=max(0, place.skip - len(messages)),
            end=FeedEnd(sequence=sequence, cursor=(last.position, last.part) if new else place.end.cursor),
            anchored=place.anchored or bool(new),
        )
        if new:
            await self._checkpoints.save(NAME, Checkpoint(position=place.after, sequence=sequence))
        self._place = place
        self._conflicts = max(0, self._conflicts - 1)
        self._lag = replace(self._lag, position=place.after)
        return place

    async def _publish(self, messages: Sequence[Announcement], place: Place) -> int:
        """Put the messages after the stream's end.

        Where the place was not read off the stream, two relays may see different ones; so a single message goes first,
        and only the relay whose message was taken goes on.
        """
        sequence = place.end.sequence
        if messages and not place.anchored:
            sequence = await self._feed.publish(messages[:1], expected_sequence=sequence)
            messages = messages[1:]
        return await self._feed.publish(messages, expected_sequence=sequence) if messages else sequence

    async def _pause(self, error: Unavailable | Refused) -> None:
        self._place = None
        if self._lag.problem is None:
            level = log.error if isinstance(error, Refused) else log.warning
            level("announcing_paused", reason=str(error), position=self._lag.position)
        self._lag = replace(self._lag, problem=str(error))
        await self._look()

    def _resume(self) -> None:
        if self._lag.problem is not None:
            log.info("announcing_resumed", position=self._lag.position)
            self._lag = replace(self._lag, problem=None)

    async def _look(self) -> None:
        """While the bus is away: see whether anything waits for it."""
        try:
            after = self._lag.position or (await self._checkpoints.load(NAME)).position
            events = await self._store.read(after=after, limit=1)
        except Unavailable:
            return
        self._lag = replace(self._lag, position=after, waiting_since=events[0].recorded_at if events else None)

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return


def _oldest(events: Sequence[Recorded], place: Place) -> datetime | None:
    """Of events that are known to be announced (`skip`) nothing waits."""
    return events[0].recorded_at if events and not place.skip else None
