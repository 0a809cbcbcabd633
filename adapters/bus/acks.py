"""The acks of JetStream: read, collected for a window of messages, and checked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from nats.aio.msg import Msg

from domain.errors import ReelwrightError, Unavailable, VersionConflict

NO_RESPONDERS = "503"
STREAM_MOVED = frozenset({10070, 10071, 10164, 10201})  # wrong last id or sequence (twice), stored id in a batch
BATCH_REFUSED = frozenset({10174, 10177, 10199, 10210})  # switched off, without message ids, too large, too many open


class AckError(msgspec.Struct):
    """Why the message was not stored; `err_code` is the server's error number."""

    err_code: int = 0
    description: str = ""


class Ack(msgspec.Struct):
    """The answer to one publish, or to a batch of `count` messages.

    `seq` is the sequence of the stored message: of a duplicate the first one's, of a batch its last message's.
    """

    seq: int = 0
    duplicate: bool = False
    batch: str = ""
    count: int = 0
    error: AckError | None = None


_decode = msgspec.json.Decoder(Ack).decode


def read_ack(message: Msg) -> Ack | None:
    """Read the ack; an unreadable one counts as an error. None: it is empty and only says that a batch is open."""
    if not message.data:
        if message.headers and message.headers.get("Status") == NO_RESPONDERS:
            return Ack(error=AckError(description="no stream takes the subject"))
        return None
    try:
        return _decode(message.data)
    except msgspec.DecodeError as error:
        return Ack(error=AckError(description=f"the answer cannot be read: {error}"))


def problem(ack: Ack, *, sequence: int) -> ReelwrightError | None:
    """Return an error unless the message was stored now, by us, at `sequence`."""
    if ack.error is not None and ack.error.err_code not in STREAM_MOVED:
        return Unavailable(f"the stream does not store: {ack.error.description}")
    if ack.error is not None or ack.duplicate or ack.seq != sequence:
        return VersionConflict(f"the stream has moved: expected to store at {sequence}")
    return None


def batch_problem(ack: Ack, *, name: str, count: int, sequence: int) -> ReelwrightError | None:
    """Return an error unless the whole batch was stored now, its last message at `sequence`."""
    if (error := problem(ack, sequence=sequence)) is not None:
        return error
    if (ack.batch, ack.count) != (name, count):
        return Unavailable(f"the stream confirms {ack.count} messages of batch {ack.batch}, not {count} of {name}")
    return None


def refuses_batches(ack: Ack) -> str | None:
    """Return why the stream takes no such batch at present; nothing of it is stored then."""
    return ack.error.description if ack.error is not None and ack.error.err_code in BATCH_REFUSED else None


class AckWindow:
    """The acks of one window, in the order of its messages; a batch has one."""

    def __init__(self, *, number: int, size: int) -> None:
        self.number = number
        self._acks: list[Ack | None] = [None] * size
        self._missing = size
        self._complete = asyncio.Event()
        if not size:
            self._complete.set()

    @property
    def acks(self) -> Sequence[Ack]:
        """The acks that have come, in order."""
        return [ack for ack in self._acks if ack is not None]

    def keep(self, index: int, ack: Ack) -> None:
        """Keep the first ack of a message."""
        if self._acks[index] is not None:
            return
        self._acks[index] = ack
        self._missing -= 1
        if not self._missing:
            self._complete.set()

    async def complete(self, seconds: float) -> bool:
        """Wait at most `seconds`; tell whether every ack is there."""
        try:
            async with asyncio.timeout(seconds):
                await self._complete.wait()
        except TimeoutError:
            return False
        return True
