"""The stream VIDEO: reads its end, and publishes windows of announcements after it."""

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

from adapters.bus.acks import Ack, AckWindow, batch_problem, problem, read_ack, refuses_batches
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
POLL_SECONDS = 0.25
LOOK_BACK_MESSAGES = 256
NO_MESSAGE_FOUND = 10037

log = structlog.get_logger(__name__)

T = TypeVar("T")

_CURSOR = re.compile(r"(\d{1,18})/(\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """The last sequence of the stream, and the (position, part) of its last message if there still is one."""

    sequence: int
    cursor: tuple[int, int] | None
    event_id: str | None = field(default=None, compare=False)
    """The event that the last message announces, where it is known: another event may have the same position."""


class VideoFeed:
    """Publishes over a connection of its own, so that nothing else waits in the same buffer.

    Where the stream takes atomic batches, a large window is sent as one batch, which the server flushes once; else each
    message is flushed and acknowledged on its own. All acks come to one inbox: nearly twice as fast as one for each.
    """

    def __init__(self, client: Client, *, stream: str = VIDEO, ack_seconds: float = ACK_SECONDS) -> None:
        self._client = client
        self._js = client.jetstream(timeout=ack_seconds)
        self._stream = stream
        self._ack_seconds = ack_seconds
        self._inbox = client.new_inbox()
        self._is_subscribed = False
        self._numbers = count()
        self._window: AckWindow | None = None
        self._publish_lock = asyncio.Lock()
        self._single_replica = False
        self._takes_batches = False
        self._batch_refusal: str | None = None

    async def end(self) -> StreamEnd:
        """Read the last message of the stream. Raises Unavailable."""
        self._check_connection()
        return await self._while_connected(self._read_end())

    async def _read_end(self) -> StreamEnd:
        with translated(f"read the end of {self._stream}"):
            info, last = await asyncio.gather(self._js.stream_info(self._stream), self._last())
            self._single_replica = info.config.num_replicas == 1
            self._takes_batches = bool(info.config.allow_atomic)
            sequence = info.state.last_seq
            is_newest = last is not None and last.seq == sequence
            ours = last if last is not None and is_newest and _cursor(last) else await self._look_back(info.state)
        if ours is None:
            return StreamEnd(sequence=sequence, cursor=None)
        return StreamEnd(sequence=sequence, cursor=_cursor(ours), event_id=_event_id(ours))

    async def publish(self, window: Sequence[OutgoingMessage], *, expected_sequence: int) -> int:
        """Publish in order, each message only right after the one before; return the new last sequence.

        Raises VersionConflict when another writer published, Unavailable when the server or the stream is away: a part
        of the window may be stored then.
        """
        sequence = expected_sequence
        async with self._publish_lock:
            for begin in range(0, len(window), MOST_IN_A_BATCH):
                sequence = await self._store(window[begin : begin + MOST_IN_A_BATCH], sequence)
        return sequence

    async def _store(self, announcements: Sequence[OutgoingMessage], after: int) -> int:
        if self._takes_batches and self._fits_a_batch(announcements):
            sequence = await self._store_batch(announcements, after)
            if sequence is not None:
                return sequence
        chained = self._single_replica
        envelopes = one_by_one(announcements, stream=self._stream, after=after, chained=chained)
        acks = await self._send(envelopes, answers=len(envelopes))
        for sequence, ack in enumerate(acks, start=after + 1):
            if (error := problem(ack, sequence=sequence)) is not None:
                raise error
        return after + len(announcements)

    def _fits_a_batch(self, announcements: Sequence[OutgoingMessage]) -> bool:
        """Tell whether to send a batch: with one replica where that is faster, else always.

        On a replicated stream an expected message id that does not match stops the whole stream (nats-server 2.15.1:
        "critical write error: last msgid mismatch"), and without it another publisher's message leaves a gap between
        ours. Where such a stream takes no batches, nobody else may publish on its subjects.
        """
        return len(announcements) >= (FEWEST_IN_A_BATCH if self._single_replica else 2)

    async def _store_batch(self, announcements: Sequence[OutgoingMessage], after: int) -> int | None:
        """Return the new last sequence, or None where the stream takes no batch: then nothing is stored."""
        name = f"{self._inbox.rpartition('.')[2]}-{next(self._numbers)}"
        [ack] = await self._send(one_batch(announcements, stream=self._stream, after=after, name=name), answers=1)
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

    async def _send(self, envelopes: Sequence[Envelope], *, answers: int) -> Sequence[Ack]:
        self._check_connection()
        reconnects = self._client.stats["reconnects"]
        window = self._window = AckWindow(number=next(self._numbers), size=answers)
        try:
            with translated(f"publish to {self._stream}"):
                await self._subscribe()
                for one in envelopes:
                    reply = "" if one.answer is None else f"{self._inbox}.{window.number}.{one.answer}"
                    await self._client.publish(one.subject, one.body, reply=reply, headers=one.headers)
            await self._wait_for_acks(window, reconnects)
        finally:
            self._window = None
        return window.acks

    async def _wait_for_acks(self, window: AckWindow, reconnects: int) -> None:
        try:
            async with asyncio.timeout(self._ack_seconds):
                while not await window.complete(POLL_SECONDS):
                    self._check_connection(reconnects)
        except TimeoutError as error:
            raise Unavailable(f"{self._stream} did not acknowledge within {self._ack_seconds:g} s") from error

    async def _while_connected(self, request: Coroutine[None, None, T]) -> T:
        """Cancel the request when the connection is lost: the client would wait for an answer that cannot come."""
        reconnects = self._client.stats["reconnects"]
        task = asyncio.create_task(request)
        try:
            while not (await asyncio.wait({task}, timeout=POLL_SECONDS))[0]:
                self._check_connection(reconnects)
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _check_connection(self, reconnects: int | None = None) -> None:
        """Without a connection a message would wait in the client's buffer and be sent later; acks are lost."""
        if not self._client.is_connected or reconnects not in {None, self._client.stats["reconnects"]}:
            raise Unavailable("the connection to NATS is lost")

    async def _subscribe(self) -> None:
        if not self._is_subscribed:
            await self._client.subscribe(f"{self._inbox}.*.*", cb=self._on_ack)
            self._is_subscribed = True

    async def _on_ack(self, message: Msg) -> None:
        _, number, index = message.subject.rsplit(".", 2)
        ack = read_ack(message)
        if ack is not None and self._window is not None and self._window.number == int(number):
            self._window.keep(int(index), ack)

    async def _last(self) -> api.RawStreamMsg | None:
        try:
            return await self._js.get_last_msg(self._stream, ">")
        except NotFoundError as error:
            if error.err_code != NO_MESSAGE_FOUND:
                raise
            return None

    async def _look_back(self, state: api.StreamState) -> api.RawStreamMsg | None:
        """Return our last message; skip removed ones and those of other publishers."""
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
    """The message id is made of the event id and the subject."""
    return (message.headers or {}).get(MESSAGE_ID_HEADER, "").partition("/")[0] or None
