"""The port of the checkpoints of log readers."""

from __future__ import annotations

from typing import Protocol


class Checkpoint(Protocol):
    """How far a log reader has come."""

    @property
    def position(self) -> int:
        """The position of the last processed event; 0 before the first."""

    @property
    def sequence(self) -> int:
        """For a reader that writes to a stream: the stream's last sequence at that time."""


class Checkpoints(Protocol):
    """The checkpoints, by the names of the readers; never rebuilt. Every method raises Unavailable."""

    async def load(self, name: str) -> Checkpoint:
        """Return the checkpoint, all 0 where there is none."""

    async def save(self, name: str, *, position: int, sequence: int = 0) -> None:
        """Store the checkpoint in place of the previous one."""
