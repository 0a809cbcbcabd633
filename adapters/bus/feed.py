"""The stream VIDEO as a feed: where it ends, and windows of announcements put after its end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import api
from nats.js.errors import NotFoundError

from adapters.bus.acks import Ack, Window, batch_problem, problem, read_ack, refuses_batches
from adapters.bus.connection import translated
from adapters.bus.envelopes import (
    FEWEST_IN_A_BATCH,
    MESSAGE_ID_HEADER,
    MOST_IN_A_BATCH,
    Envelope,
    OutgoingMessage,
    one_batch,
    one_by_one,
)
from adapters.bus.streams import VIDEO
from domain.errors import Unavailable

CURSOR_HEADER = "Reelwright-Cursor"
ACK_SECONDS = 5.0
LOOK_SECONDS = 0.25
LOOK_BACK_MESSAGES = 256
NO_MESSAGE_FOUND = 10037

log = structlog.get_logger(__name__)

T = TypeVar("T")

_CURSOR = re.compile(r"(\d{1,18})/(\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """Where the stream ends: its last sequence, and the (position, part) of its last message if there still is one."""

    sequence: int
    cursor: tuple[int, int] | None
    event_id: str | None = field(default=None, compare=False)
    """The event that the last message announces, where it can be told: a position may be used again by another."""


class VideoFeed:
    """Publishes over a connection of its own, so that nothing else waits in the same buffer.

    Where the stream takes atomic batches, a window that is not small goes as one, for which the server flushes once;
    else each message is flushed and acknowledged by itself. Acks come to one inbox of ours: nearly twice as fast as the
    client's future and random name for each message.
    """

    def __init__(self, client: Client, *, stream: str = VIDEO, ack_seconds: float = ACK_SECONDS) -> None:
        self._client = client
        self._js = client.jetstream(timeout=ack_seconds)
        self._stream = stream
        self._ack_seconds = ack_seconds
        self._inbox = client.new_inbox()
        self._listens = False
        self._numbers = count()
        self._window: Window | None = None
        self._one_at_a_time = asyncio.Lock()
        self._single_replica = False
        self._takes_batches = False
        self._batch_refusal: str | None = None

    async def end(self) -> StreamEnd:
        """Read the stream's last message. Raises Unavailable."""
        self._needs_connection()
        return await self._on_this_connection(self._end())

    async def _end(self) -> StreamEnd:
        with translated(f"read the end of {self._stream}"):
            info, last = await asyncio.gather(self._js.stream_info(self._stream), self._last())
            self._single_replica = info.config.num_replicas == 1
            self._takes_batches = bool(info.config.allow_atomic)
            sequence = info.state.last_seq
            at_the_end = last is not None and last.seq == sequence
            ours = last if last is not None and at_the_end and _cursor(last) else await self._look_back(info.state)
        if ours is None:
            return StreamEnd(sequence=sequence, cursor=None)
        return StreamEnd(sequence=sequence, cursor=_cursor(ours), event_id=_event_id(ours))

    async def publish(self, window: Sequence[OutgoingMessage], *, expected_sequence: int) -> int:
        """Publish in order, each only right after the one before; return the stream's new last sequence.

        Raises VersionConflict when another writer was there, Unavailable when the server or the stream is away: a part
        of the window may have been stored then.
        """
        sequence = expected_sequence
        async with self._one_at_a_time:
            for begin in range(0, len(window), MOST_IN_A_BATCH):
                sequence = await self._store(window[begin : begin + MOST_IN_A_BATCH], sequence)
        return sequence

    async def _store(self, announcements: Sequence[OutgoingMessage], after: int) -> int:
        if self._takes_batches and self._belongs_in_a_batch(announcements):
            sequence = await self._store_batch(announcements, after)
            if sequence is not None:
                return sequence
        chained = self._single_replica
        envelopes = one_by_one(announcements, stream=self._stream, after=after, chained=chained)
        acks = await self._exchange(envelopes, answers=len(envelopes))
        for sequence, ack in enumerate(acks, start=after + 1):
            if (error := problem(ack, sequence=sequence)) is not None:
                raise error
        return after + len(announcements)

    def _belongs_in_a_batch(self, announcements: Sequence[OutgoingMessage]) -> bool:
        """Tell whether they should be stored as a whole: with one replica where that is faster, else always.

        On a replicated stream a wrong predecessor stops the whole stream (nats-server 2.15.1: "critical write error:
        last msgid mismatch"), and without one single messages leave a gap where a stranger comes between them. Where
        such a stream takes no batches, nobody else may publish on its subjects.
        """
        return len(announcements) >= (FEWEST_IN_A_BATCH if self._single_replica else 2)

    async def _store_batch(self, announcements: Sequence[OutgoingMessage], after: int) -> int | None:
        """Return the new last sequence, or None when the stream takes no batch: then nothing is stored."""
        name = f"{self._inbox.rpartition('.')[2]}-{next(self._numbers)}"
        [ack] = await self._exchange(one_batch(announcements, stream=self._stream, after=after, name=name), answers=1)
        if (refusal := refuses_batches(ack)) is not None:
            self._takes_batches = False
            if refusal != self._batch_refusal:
                log.warning("batch_refused", stream=self._stream, reason=refusal, messages=len(announcements))
            self._batch_refusal = refusal
            return None
        sequence = after + len(announcements)
        if (error := batch_problem(ack, name=name, count=len(announcements), sequence=sequence)) is not None:
            raise error
        return sequence

    async def _exchange(self, envelopes: Sequence[Envelope], *, answers: int) -> Sequence[Ack]:
        self._needs_connection()
        reconnects = self._client.stats["reconnects"]
        window = self._window = Window(number=next(self._numbers), size=answers)
        try:
            with translated(f"publish to {self._stream}"):
                await self._listen()
                for one in envelopes:
                    reply = "" if one.answer is None else f"{self._inbox}.{window.number}.{one.answer}"
                    await self._client.publish(one.subject, one.body, reply=reply, headers=one.headers)
            await self._all_acks(window, reconnects)
        finally:
            self._window = None
        return window.acks

    async def _all_acks(self, window: Window, reconnects: int) -> None:
        try:
            async with asyncio.timeout(self._ack_seconds):
                while not await window.complete(LOOK_SECONDS):
                    self._needs_connection(reconnects)
        except TimeoutError as error:
            raise Unavailable(f"{self._stream} did not acknowledge within {self._ack_seconds:g} s") from error

    async def _on_this_connection(self, asking: Coroutine[None, None, T]) -> T:
        """Give a question up with its connection: the client would wait for an answer that cannot come any more."""
        reconnects = self._client.stats["reconnects"]
        task = asyncio.create_task(asking)
        try:
            while not (await asyncio.wait({task}, timeout=LOOK_SECONDS))[0]:
                self._needs_connection(reconnects)
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _needs_connection(self, reconnects: int | None = None) -> None:
        """Without it a message would wait in the client's buffer and go out unasked; acks are lost with it."""
        if not self._client.is_connected or reconnects not in {None, self._client.stats["reconnects"]}:
            raise Unavailable("the connection to NATS is lost")

    async def _listen(self) -> None:
        if not self._listens:
            await self._client.subscribe(f"{self._inbox}.*.*", cb=self._take)
            self._listens = True

    async def _take(self, message: Msg) -> None:
        _, number, index = message.subject.rsplit(".", 2)
        ack = read_ack(message)
        if ack is not None and self._window is not None and self._window.number == int(number):
            self._window.take(int(index), ack)

    async def _last(self) -> api.RawStreamMsg | None:
        try:
            return await self._js.get_last_msg(self._stream, ">")
        except NotFoundError as error:
            if error.err_code != NO_MESSAGE_FOUND:
                raise
            return None

    async def _look_back(self, state: api.StreamState) -> api.RawStreamMsg | None:
        """Return our last message; pass over those that were removed, or put there by somebody else."""
        if not state.messages:
            return None
        first = max(state.first_seq, state.last_seq - LOOK_BACK_MESSAGES + 1)
        for sequence in range(state.last_seq, first - 1, -1):
            try:
                message = await self._js.get_msg(self._stream, sequence)
            except NotFoundError:
                continue
            if _cursor(message):
                return message
        return None


def _cursor(message: api.RawStreamMsg) -> tuple[int, int] | None:
    found = _CURSOR.fullmatch((message.headers or {}).get(CURSOR_HEADER, ""))
    return (int(found[1]), int(found[2])) if found else None


def _event_id(message: api.RawStreamMsg) -> str | None:
    """Read it off the message's id, which is the event's and the subject."""
    return (message.headers or {}).get(MESSAGE_ID_HEADER, "").partition("/")[0] or None
