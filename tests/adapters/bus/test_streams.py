"""Streams and consumer: made where missing, never changed unasked, compared and changed on request."""

from __future__ import annotations

import asyncio

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import APIError

from adapters.bus import streams
from adapters.bus.streams import Difference
from domain.errors import Refused


@pytest.fixture
def js(nats_client: Client) -> JetStreamContext:
    return nats_client.jetstream()


async def test_what_is_missing_is_made_and_is_as_wanted(js: JetStreamContext) -> None:
    assert await streams.ensure(js) == ("stream STORYBOARD", "stream VIDEO", "consumer reelwright")
    assert await streams.diff(js) == []
    assert await streams.ensure(js) == ()


async def test_a_deleted_consumer_is_made_again(js: JetStreamContext) -> None:
    await streams.ensure(js)
    await js.delete_consumer("STORYBOARD", "reelwright")
    assert await streams.diff(js) == [Difference(thing="consumer reelwright", field="missing", have=None, want="made")]
    assert await streams.ensure(js) == ("consumer reelwright",)


async def test_what_exists_is_not_changed_by_a_start(js: JetStreamContext) -> None:
    await js.add_stream(name="VIDEO", subjects=["video.progress"], max_msgs=7)
    await streams.ensure(js)
    config = (await js.stream_info("VIDEO")).config
    assert (config.subjects, config.max_msgs) == (["video.progress"], 7)


async def test_differences_are_shown_and_then_changed(js: JetStreamContext) -> None:
    await streams.ensure(js)
    await js.update_stream((await js.stream_info("VIDEO")).config.evolve(max_age=600.0, description="ours"))
    consumer = (await js.consumer_info("STORYBOARD", "reelwright")).config
    await js.add_consumer("STORYBOARD", consumer.evolve(ack_wait=5.0))
    differences = [
        Difference(thing="stream VIDEO", field="max_age", have=600.0, want=604800.0),
        Difference(thing="consumer reelwright", field="ack_wait", have=5.0, want=10.0),
    ]
    assert await streams.diff(js) == differences
    assert await streams.apply(js) == differences
    assert await streams.diff(js) == []
    assert await streams.apply(js) == []
    assert (await js.stream_info("VIDEO")).config.description == "ours"


async def test_apply_makes_everything_on_an_empty_server(js: JetStreamContext) -> None:
    differences = await streams.apply(js)
    assert {difference.field for difference in differences} == {"missing"}
    assert await streams.diff(js) == []


async def test_a_field_that_cannot_be_changed_is_refused_with_what_to_do(js: JetStreamContext) -> None:
    await js.add_stream(name="VIDEO", subjects=list(streams.VIDEO_SUBJECTS), storage=api.StorageType.MEMORY)
    with pytest.raises(Refused, match=r"stream VIDEO .* storage type.*nats stream rm VIDEO"):
        await streams.apply(js)


async def test_a_consumer_of_another_kind_is_refused_with_what_to_do(js: JetStreamContext) -> None:
    await streams.ensure(js)
    await js.delete_consumer("STORYBOARD", "reelwright")
    await js.add_consumer(
        "STORYBOARD",
        durable_name="reelwright",
        ack_policy=api.AckPolicy.NONE,
        filter_subject="storyboard.approved",
    )
    with pytest.raises(Refused, match="nats consumer rm STORYBOARD reelwright"):
        await streams.apply(js)


async def test_subjects_that_another_stream_holds_are_refused(js: JetStreamContext) -> None:
    await js.add_stream(name="OTHER", subjects=["video.>"])
    with pytest.raises(Refused, match="VIDEO"):
        await streams.ensure(js)


async def test_a_full_storyboard_stream_refuses_rather_than_forgets(js: JetStreamContext) -> None:
    await streams.ensure(js)
    config = (await js.stream_info("STORYBOARD")).config
    await js.update_stream(config.evolve(max_bytes=2000))
    await js.publish("storyboard.approved", b"first")
    with pytest.raises(APIError, match="maximum bytes exceeded"):
        await js.publish("storyboard.approved", b"x" * 2000)
    assert (await js.get_msg("STORYBOARD", 1)).data == b"first"


async def test_approvals_count_as_waiting_until_they_are_acknowledged(js: JetStreamContext) -> None:
    await streams.ensure(js)
    for number in range(3):
        await js.publish(streams.APPROVED, b"%d" % number)
    await js.publish(streams.REJECTED, b"")
    reader = await js.pull_subscribe_bind(consumer=streams.CONSUMER, stream=streams.STORYBOARD)
    first, _ = await reader.fetch(2)
    assert await streams.waiting(js) == 3
    await first.ack_sync()
    assert await streams.waiting(js) == 2


async def test_a_rewound_consumer_gives_everything_again(js: JetStreamContext) -> None:
    await streams.ensure(js)
    for number in range(3):
        await js.publish(streams.APPROVED, b"%d" % number)
    await js.publish(streams.REJECTED, b"{}")
    reader = await js.pull_subscribe_bind(consumer=streams.CONSUMER, stream=streams.STORYBOARD)
    for message in await reader.fetch(3):
        await message.ack_sync()
    await reader.unsubscribe()
    assert await streams.waiting(js) == 0
    for _ in range(2):
        assert await streams.rewind(js) == 3
    assert await streams.diff(js) == []
    again = await js.pull_subscribe_bind(consumer=streams.CONSUMER, stream=streams.STORYBOARD)
    assert [message.data for message in await again.fetch(3)] == [b"0", b"1", b"2"]


async def test_what_others_set_at_the_consumer_survives_a_rewind(js: JetStreamContext) -> None:
    await streams.ensure(js)
    have = (await js.consumer_info("STORYBOARD", "reelwright")).config
    await js.add_consumer("STORYBOARD", have.evolve(description="ours"))
    assert await streams.rewind(js) == 0
    assert (await js.consumer_info("STORYBOARD", "reelwright")).config.description == "ours"


async def test_a_rewind_makes_what_is_missing(js: JetStreamContext) -> None:
    assert await streams.rewind(js) == 0
    assert await streams.diff(js) == []


async def test_it_is_seen_whether_somebody_takes_approvals(js: JetStreamContext) -> None:
    assert not await streams.is_served(js)
    await streams.ensure(js)
    assert not await streams.is_served(js)
    reader = await js.pull_subscribe_bind(consumer=streams.CONSUMER, stream=streams.STORYBOARD)
    waiting = asyncio.create_task(reader.fetch(1, timeout=30))
    async with asyncio.timeout(10):
        while not await streams.is_served(js):
            await asyncio.sleep(0.02)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await reader.unsubscribe()
    async with asyncio.timeout(10):
        while await streams.is_served(js):
            await asyncio.sleep(0.02)
