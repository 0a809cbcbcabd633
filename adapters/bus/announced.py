"""Reads back what the stream VIDEO holds, for a database that may know less than was announced."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from adapters.bus.connection import translated
from adapters.bus.envelopes import MESSAGE_ID_HEADER
from adapters.bus.feed import CURSOR_HEADER
from adapters.bus.streams import VIDEO

RENDER_HEADER = "Reelwright-Render"
PAGE_MESSAGES = 500
PAGE_SECONDS = 5.0
ABANDONED_AFTER_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpan:
    """The last sequence that the stream gave, and the first one that it still holds; all 0 where it never held any."""

    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedMessage:
    """A message of ours: the event that it announces, the render that its headers name, and its body."""

    event_id: str
    render_id: str | None
    body: bytes


async def read_span(js: JetStreamContext) -> StreamSpan:
    """Return where the stream begins and ends. Raises Unavailable."""
    with translated(f"look at the stream {VIDEO}"):
        try:
            state = (await js.stream_info(VIDEO)).state
        except NotFoundError:
            return StreamSpan()
    return StreamSpan(first=state.first_seq, last=state.last_seq)


async def read_announced(js: JetStreamContext) -> AsyncIterator[Sequence[AnnouncedMessage]]:
    """Yield all messages of ours, oldest first, in pages; other publishers' are left out. Raises Unavailable."""
    if (await read_span(js)).last == 0:
        return
    with translated(f"read {VIDEO}"):
        consumer = await js.add_consumer(VIDEO, _reader())
        reader = await js.pull_subscribe_bind(consumer=consumer.name, stream=VIDEO)
    try:
        left = consumer.num_pending or 0
        while left:
            with translated(f"read {VIDEO}"):
                page = await reader.fetch(min(left, PAGE_MESSAGES), timeout=PAGE_SECONDS)
            left = page[-1].metadata.num_pending
            yield [found for message in page if (found := _ours(message)) is not None]
    finally:
        with translated(f"end the reading of {VIDEO}"):
            await reader.unsubscribe()
            await js.delete_consumer(VIDEO, consumer.name)


def _reader() -> api.ConsumerConfig:
    """A consumer of this call alone: it remembers nothing, and the server removes it where we do not."""
    return api.ConsumerConfig(
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.NONE,
        inactive_threshold=ABANDONED_AFTER_SECONDS,
        mem_storage=True,
        num_replicas=1,
    )


def _ours(message: Msg) -> AnnouncedMessage | None:
    headers = message.headers or {}
    event_id = headers.get(MESSAGE_ID_HEADER, "").partition("/")[0]
    if not event_id or CURSOR_HEADER not in headers:
        return None
    return AnnouncedMessage(event_id=event_id, render_id=headers.get(RENDER_HEADER), body=message.data)
