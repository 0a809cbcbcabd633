"""The stream VIDEO as a feed: where it ends, and windows of announcements put after its end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from itertools import count

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import api
from nats.js.errors import NotFoundError

from adapters.bus.acks import Ack, Window, problem, read_ack
from adapters.bus.connection import translated
from adapters.bus.streams import VIDEO
from domain.errors import Unavailable
from domain.ports import Announcement, FeedEnd

CURSOR_HEADER = "Reelwright-Cursor"
MESSAGE_ID_HEADER = "Nats-Msg-Id"
ACK_SECONDS = 5.0
LOOK_SECONDS = 0.25
LOOK_BACK_MESSAGES = 256
NO_MESSAGE_FOUND = 10037

_CURSOR = re.compile(r"(\d{1,18})/(\d)")


class VideoFeed:
    """Publishes over a connection of its own, so that nothing else waits in the same buffer.

    Acks come to one inbox of ours: nearly twice as fast as the client's future and random name for each message.
    """

    def __init__(self, client: Client, *, stream: str = VIDEO, ack_seconds: float = ACK_SECONDS) -> None:
        self._client = client
        self._js = client.jetstream(timeout=ack_seconds)
        self._stream = stream
        self._ack_seconds = ack_seconds
        self._inbox: str | None = None
        self._numbers = count()
        self._window: Window | None = None
        self._one_at_a_time = asyncio.Lock()
        self._single_replica = False

    async def end(self) -> FeedEnd:
        """Read the stream's last message. Raises Unavailable."""
        self._needs_connection()
        with translated(f"read the end of {self._stream}"):
            info, last = await asyncio.gather(self._js.stream_info(self._stream), self._last())
            self._single_replica = info.config.num_replicas == 1
            sequence = info.state.last_seq
            at_the_end = last is not None and last.seq == sequence
            cursor = _cursor(last) if last is not None and at_the_end else None
            return FeedEnd(sequence=sequence, cursor=cursor or await self._look_back(info.state))

    async def publish(self, window: Sequence[Announcement], *, expected_sequence: int) -> int:
        """Publish in order, each only right after the one before; return the stream's new last sequence.

        Raises VersionConflict when another writer was there, Unavailable when the server or the stream is away: a part
        of the window may have been stored then.
        """
        async with self._one_at_a_time:
            acks = await self._exchange(window, expected_sequence)
        for sequence, ack in enumerate(acks, start=expected_sequence + 1):
            if (error := problem(ack, sequence=sequence)) is not None:
                raise error
        return expected_sequence + len(window)

    async def _exchange(self, announcements: Sequence[Announcement], sequence: int) -> Sequence[Ack]:
        self._needs_connection()
        reconnects = self._client.stats["reconnects"]
        window = self._window = Window(number=next(self._numbers), size=len(announcements))
        try:
            with translated(f"publish to {self._stream}"):
                inbox = self._inbox or await self._open_inbox()
                before: Announcement | None = None
                for index, announcement in enumerate(announcements):
                    await self._client.publish(
                        announcement.subject,
                        announcement.body,
                        reply=f"{inbox}.{window.number}.{index}",
                        headers=self._headers(announcement, sequence + index, before),
                    )
                    before = announcement
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

    def _headers(self, announcement: Announcement, sequence: int, before: Announcement | None) -> dict[str, str]:
        """Fence the message by the sequence, and inside a window of a stream with one replica by its predecessor, too.

        The sequence alone is not enough there: where a stranger's message came first, ours is refused, but the one
        behind it would find the sequence it expects and be stored without the one it follows. On a replicated stream a
        wrong predecessor stops the whole stream (nats-server 2.15.1: "critical write error: last msgid mismatch"), so
        there nobody else may publish on its subjects.
        """
        headers = {
            **announcement.headers,
            "Nats-Expected-Stream": self._stream,
            "Nats-Expected-Last-Sequence": str(sequence),
        }
        if before is not None and self._single_replica:
            headers["Nats-Expected-Last-Msg-Id"] = before.headers[MESSAGE_ID_HEADER]
        return headers

    def _needs_connection(self, reconnects: int | None = None) -> None:
        """Without it a message would wait in the client's buffer and go out unasked; acks are lost with it."""
        if not self._client.is_connected or reconnects not in {None, self._client.stats["reconnects"]}:
            raise Unavailable("the connection to NATS is lost")

    async def _open_inbox(self) -> str:
        inbox = self._client.new_inbox()
        await self._client.subscribe(f"{inbox}.*.*", cb=self._take)
        self._inbox = inbox
        return inbox

    async def _take(self, message: Msg) -> None:
        _, number, index = message.subject.rsplit(".", 2)
        if self._window is not None and self._window.number == int(number):
            self._window.take(int(index), read_ack(message))

    async def _last(self) -> api.RawStreamMsg | None:
        try:
            return await self._js.get_last_msg(self._stream, ">")
        except NotFoundError as error:
            if error.err_code != NO_MESSAGE_FOUND:
                raise
            return None

    async def _look_back(self, state: api.StreamState) -> tuple[int, int] | None:
        """Pass over messages that were removed, or put there by somebody else."""
        if not state.messages:
            return None
        first = max(state.first_seq, state.last_seq - LOOK_BACK_MESSAGES + 1)
        for sequence in range(state.last_seq, first - 1, -1):
            try:
                message = await self._js.get_msg(self._stream, sequence)
            except NotFoundError:
                continue
            if cursor := _cursor(message):
                return cursor
        return None


def _cursor(message: api.RawStreamMsg) -> tuple[int, int] | None:
    found = _CURSOR.fullmatch((message.headers or {}).get(CURSOR_HEADER, ""))
    return (int(found[1]), int(found[2])) if found else None
