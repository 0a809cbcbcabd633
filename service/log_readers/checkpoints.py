"""The port of the checkpoints: how far each reader of the log has come, by the reader's name."""

from __future__ import annotations

from typing import Protocol


class Checkpoint(Protocol):
    """How far a reader has come."""

    @property
    def position(self) -> int:
        """The last event that is done; 0 before the first."""

    @property
    def sequence(self) -> int:
        """For a reader that writes to a stream: the stream's last sequence at that moment."""


class Checkpoints(Protocol):
    """Where readers of the log remember how far they have come; never rebuilt. Every method raises Unavailable."""

    async def load(self, name: str) -> Checkpoint:
        """Return the checkpoint, zero when there is none."""

    async def save(self, name: str, *, position: int, sequence: int = 0) -> None:
        """Store it, whatever was there before."""
