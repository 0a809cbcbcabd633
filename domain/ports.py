"""What the domain asks of the world outside, as protocols. Their errors are drawn in `errors.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One message for the stream. `part` is 0 for the news of an event, 1 for the final one that follows it."""

    position: int
    part: int
    subject: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEnd:
    """Where the stream ends: its last sequence, and the (position, part) of its last message if there still is one."""

    sequence: int
    cursor: tuple[int, int] | None
    event_id: str | None = field(default=None, compare=False)
    """The event that the last message announces, where it can be told: a position may be used again by another."""


class Feed(Protocol):
    """The stream that announces events: this installation is its only writer."""

    async def end(self) -> FeedEnd:
        """Read the stream's last message. Raises Unavailable."""

    async def publish(self, window: Sequence[Announcement], *, expected_sequence: int) -> int:
        """Publish in order, each only right after the one before; return the stream's new last sequence.

        Raises VersionConflict when another writer was there (read `end` again), Unavailable when the server is away:
        a part of the window may have been stored then.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far the relay has announced: a position of the event table and the stream's sequence at that moment."""

    position: int = 0
    sequence: int = 0


class Checkpoints(Protocol):
    """Where readers of the event table remember how far they are; never rebuilt."""

    async def load(self, name: str) -> Checkpoint:
        """Return the checkpoint, zero when there is none."""

    async def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Store it, whatever was there before."""
