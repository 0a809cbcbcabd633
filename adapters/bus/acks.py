"""What JetStream answers to a publish: read, collected for a window of messages, and judged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from nats.aio.msg import Msg

from domain.errors import ReelwrightError, Unavailable, VersionConflict

NO_RESPONDERS = "503"
MOVED = frozenset({10070, 10071})  # wrong last message id, wrong last sequence


class AckError(msgspec.Struct):
    """Why the message was not stored; `err_code` is one of the server's error numbers."""

    err_code: int = 0
    description: str = ""


class Ack(msgspec.Struct):
    """The answer to one publish. `seq` is where it is stored, of a duplicate where the first one is."""

    seq: int = 0
    duplicate: bool = False
    error: AckError | None = None


_decode = msgspec.json.Decoder(Ack).decode


def read_ack(message: Msg) -> Ack:
    """Read the answer; one that cannot be read counts as a refusal."""
    if not message.data and message.headers and message.headers.get("Status") == NO_RESPONDERS:
        return Ack(error=AckError(description="no stream takes the subject"))
    try:
        return _decode(message.data)
    except msgspec.DecodeError as error:
        return Ack(error=AckError(description=f"the answer cannot be read: {error}"))


def problem(ack: Ack, *, sequence: int) -> ReelwrightError | None:
    """Say what is wrong when the message was not stored now, by us, at `sequence`."""
    if ack.error is not None and ack.error.err_code not in MOVED:
        return Unavailable(f"the stream does not store: {ack.error.description}")
    if ack.error is not None or ack.duplicate or ack.seq != sequence:
        return VersionConflict(f"the stream has moved: expected to store at {sequence}")
    return None


class Window:
    """The acks of one window, in the order of its messages."""

    def __init__(self, *, number: int, size: int) -> None:
        self.number = number
        self._acks: list[Ack | None] = [None] * size
        self._missing = size
        self._complete = asyncio.Event()
        if not size:
            self._complete.set()

    @property
    def acks(self) -> Sequence[Ack]:
        """Those that have come."""
        return [ack for ack in self._acks if ack is not None]

    def take(self, index: int, ack: Ack) -> None:
        """Put an ack in its place."""
        if self._acks[index] is None:
            self._missing -= 1
        self._acks[index] = ack
        if not self._missing:
            self._complete.set()

    async def complete(self, seconds: float) -> bool:
        """Wait at most `seconds` and tell whether every ack is there."""
        try:
            async with asyncio.timeout(seconds):
                await self._complete.wait()
        except TimeoutError:
            return False
        return True
