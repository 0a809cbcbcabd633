"""The port of the stream that announces events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from service.log_readers.announcements import Announcement


class FeedEnd(Protocol):
    """The end of the stream."""

    @property
    def sequence(self) -> int:
        """The last sequence that the stream gave."""

    @property
    def cursor(self) -> tuple[int, int] | None:
        """The (position, part) of its last message of ours; None where it has none."""

    @property
    def event_id(self) -> str | None:
        """The event of that message, where it is known: after a restore a position may belong to another event."""


class Feed(Protocol):
    """The stream that announces events: this installation is its only writer."""

    async def end(self) -> FeedEnd:
        """Read the stream's last message. Raises Unavailable."""

    async def publish(self, window: Sequence[Announcement], *, expected_sequence: int) -> int:
        """Publish in order, each message directly after the one before; return the stream's new last sequence.

        Raises VersionConflict when another writer published (read `end` again), Unavailable when the server is away:
        then some messages of the window may be stored.
        """
