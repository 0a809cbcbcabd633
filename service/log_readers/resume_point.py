"""Where a relay goes on: what the stream's end, the checkpoint and the events together say has been announced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from domain.ports import Checkpoint, FeedEnd
from service.jobs.event_store import EventStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """All events up to `after` are announced, and the first `skip` messages after them; the stream ends at `end`.

    `anchored`: it was read off the stream itself, so that every relay would come to the same place.
    """

    after: int
    skip: int
    end: FeedEnd
    anchored: bool


class GoingOn:
    """Finds the place. `again_since` says from when on events come again after the stream was lost."""

    def __init__(self, store: EventStore, again_since: Callable[[], datetime]) -> None:
        self._store = store
        self._again_since = again_since

    async def place(self, end: FeedEnd, checkpoint: Checkpoint) -> Place:
        """Return where to go on. Raises Unavailable."""
        if end.sequence < checkpoint.sequence:
            return await self._after_a_loss(end, checkpoint)
        if end.cursor is None:
            return _by_checkpoint(end, checkpoint)
        announced = await self._store.read(after=end.cursor[0] - 1, limit=1)
        if announced and end.event_id in {None, announced[0].event_id}:
            return _by_cursor(end, end.cursor)
        log.error("stream_is_ahead_of_the_events", cursor=end.cursor, checkpoint=checkpoint.position)
        return _by_checkpoint(end, checkpoint)

    async def _after_a_loss(self, end: FeedEnd, checkpoint: Checkpoint) -> Place:
        """The stream is empty, or an old copy: what readers may have missed comes again."""
        after = await self._before(self._again_since(), checkpoint.position)
        log.warning("stream_was_lost", announced=checkpoint.position, again_after=after, sequence=end.sequence)
        if end.cursor is not None and end.cursor[0] > after:
            return _by_cursor(end, end.cursor)
        return Place(after=after, skip=0, end=end, anchored=False)

    async def _before(self, at: datetime, most: int) -> int:
        """Return the position of the last event recorded before `at`, at most `most`; times never go backwards."""
        low, high = 0, most
        while low < high:
            middle = (low + high) // 2
            found = await self._store.read(after=middle, limit=1)
            if found and found[0].recorded_at < at:
                low = middle + 1
            else:
                high = middle
        return low


def _by_cursor(end: FeedEnd, cursor: tuple[int, int]) -> Place:
    position, part = cursor
    return Place(after=position - 1, skip=part + 1, end=end, anchored=True)


def _by_checkpoint(end: FeedEnd, checkpoint: Checkpoint) -> Place:
    """Nothing of ours is left in the stream. The messages behind the checkpoint are not counted off: some may be
    a stranger's, and an event that comes again is better than one that never comes.
    """
    return Place(after=checkpoint.position, skip=0, end=end, anchored=False)
