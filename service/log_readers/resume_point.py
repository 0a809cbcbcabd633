"""Where a relay continues: the stream's end, the checkpoint and the events say what has been announced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from service.log_readers.checkpoints import Checkpoint
from service.log_readers.feed import FeedEnd
from service.log_readers.reader import LogReader

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePoint:
    """All events up to `after` are announced, and the first `skip` messages after them.

    The stream ends with the message `cursor` at `sequence`. `anchored`: this was read from the stream itself, so that
    every relay finds the same.
    """

    after: int = 0
    skip: int = 0
    sequence: int = 0
    cursor: tuple[int, int] | None = None
    anchored: bool = False

    def is_at(self, end: FeedEnd) -> bool:
        """Tell whether the stream still ends there."""
        return (self.sequence, self.cursor) == (end.sequence, end.cursor)


async def find_resume_point(
    reader: LogReader, end: FeedEnd, checkpoint: Checkpoint, *, again_since: Callable[[], datetime]
) -> ResumePoint:
    """Return the resume point; after a lost stream events since `again_since()` come again. Raises Unavailable."""
    if end.sequence < checkpoint.sequence:
        return await _after_a_loss(reader, end, checkpoint, again_since=again_since())
    if end.cursor is None:
        return _by_checkpoint(end, checkpoint)
    announced = await reader.next_event(after=end.cursor[0] - 1)
    if announced is not None and end.event_id in {None, announced.event_id}:
        return _by_cursor(end, end.cursor)
    log.error("stream_is_ahead_of_the_events", cursor=end.cursor, checkpoint=checkpoint.position)
    return _by_checkpoint(end, checkpoint)


async def _after_a_loss(
    reader: LogReader, end: FeedEnd, checkpoint: Checkpoint, *, again_since: datetime
) -> ResumePoint:
    """Return the resume point for a stream that is empty or an old copy: what consumers may have missed comes again."""
    after = await _last_before(reader, again_since, most=checkpoint.position)
    log.warning("stream_was_lost", announced=checkpoint.position, again_after=after, sequence=end.sequence)
    if end.cursor is not None and end.cursor[0] > after:
        return _by_cursor(end, end.cursor)
    return ResumePoint(after=after, sequence=end.sequence, cursor=end.cursor)


async def _last_before(reader: LogReader, at: datetime, *, most: int) -> int:
    """Return the position of the last event recorded before `at`, at most `most`; recorded times never decrease."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        found = await reader.next_event(after=middle)
        if found is not None and found.recorded_at < at:
            low = middle + 1
        else:
            high = middle
    return low


def _by_cursor(end: FeedEnd, cursor: tuple[int, int]) -> ResumePoint:
    position, part = cursor
    return ResumePoint(after=position - 1, skip=part + 1, sequence=end.sequence, cursor=cursor, anchored=True)


def _by_checkpoint(end: FeedEnd, checkpoint: Checkpoint) -> ResumePoint:
    """Return the resume point for a stream without a message of ours.

    Messages behind the checkpoint are not skipped: they may be another writer's, and an event that comes twice is
    better than one that never comes.
    """
    return ResumePoint(after=checkpoint.position, sequence=end.sequence, cursor=end.cursor)
