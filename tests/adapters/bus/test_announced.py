"""The stream VIDEO is read back whole, and what is not ours is left out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext

from adapters.bus import announced, streams
from adapters.bus.announced import AnnouncedMessage, StreamSpan, read_announced, read_span


@pytest.fixture
def js(nats_client: Client) -> JetStreamContext:
    return nats_client.jetstream()


async def publish(js: JetStreamContext, number: int, **headers: str) -> None:
    ours = {"Nats-Msg-Id": f"event-{number}/video.progress", "Reelwright-Cursor": f"{number}/0"}
    await js.publish("video.progress", b"%d" % number, headers=ours | headers)


async def all_of(js: JetStreamContext) -> Sequence[AnnouncedMessage]:
    return [message async for page in read_announced(js) for message in page]


async def test_every_message_comes_once_and_in_order_over_many_pages(
    js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announced, "PAGE_MESSAGES", 4)
    await streams.ensure(js)
    for number in range(10):
        await publish(js, number)
    found = await all_of(js)
    assert [message.body for message in found] == [b"%d" % number for number in range(10)]
    assert [message.event_id for message in found] == [f"event-{number}" for number in range(10)]
    assert await read_span(js) == StreamSpan(first=1, last=10)


async def test_the_render_is_read_from_the_headers(js: JetStreamContext) -> None:
    await streams.ensure(js)
    await publish(js, 1)
    await publish(js, 2, **{"Reelwright-Render": "abc"})
    assert [message.render_id for message in await all_of(js)] == [None, "abc"]


async def test_what_others_publish_is_left_out(js: JetStreamContext) -> None:
    await streams.ensure(js)
    await js.publish("video.failed", b"?")
    await js.publish("video.failed", b"?", headers={"Nats-Msg-Id": "x"})
    await js.publish("video.failed", b"?", headers={"Reelwright-Cursor": "1/0"})
    await publish(js, 1)
    assert len(await all_of(js)) == 1


async def test_no_stream_and_an_empty_one_hold_nothing(js: JetStreamContext) -> None:
    assert await read_span(js) == StreamSpan()
    assert await all_of(js) == []
    await streams.ensure(js)
    assert await all_of(js) == []


async def test_the_reading_leaves_no_consumer_behind(js: JetStreamContext) -> None:
    await streams.ensure(js)
    await publish(js, 1)
    await all_of(js)
    assert (await js.stream_info("VIDEO")).state.consumer_count == 0
