"""Rejections are stored once for each refused message, also where somebody used the same message id."""

from __future__ import annotations

import pytest
from nats.aio.client import Client

from adapters.bus import streams
from adapters.bus.rejections import NatsRejections
from domain.errors import Unavailable


@pytest.fixture
async def rejections(nats_client: Client) -> NatsRejections:
    await streams.ensure(nats_client.jetstream())
    return NatsRejections(nats_client)


async def rejected(client: Client) -> list[tuple[str, bytes]]:
    js = client.jetstream()
    last = (await js.stream_info("STORYBOARD")).state.last_seq
    messages = [await js.get_msg("STORYBOARD", sequence) for sequence in range(1, last + 1)]
    return [
        ((one.headers or {}).get("Nats-Msg-Id", ""), one.data or b"")
        for one in messages
        if one.subject == "storyboard.rejected"
    ]


async def test_a_rejection_is_stored_once_however_often_it_is_recorded(
    rejections: NatsRejections, nats_client: Client
) -> None:
    await rejections.publish(b"why", stream_sequence=17)
    await rejections.publish(b"why", stream_sequence=17)
    assert await rejected(nats_client) == [("17", b"why")]


async def test_an_approver_who_used_the_same_message_id_hides_nothing(
    rejections: NatsRejections, nats_client: Client
) -> None:
    js = nats_client.jetstream()
    for taken in ("17", "rejected-18", "18"):
        await js.publish("storyboard.approved", b"{}", headers={"Nats-Msg-Id": taken})
    await rejections.publish(b"why", stream_sequence=17)
    await rejections.publish(b"why", stream_sequence=17)
    await rejections.publish(b"and this", stream_sequence=18)
    assert await rejected(nats_client) == [("rejected-17", b"why"), ("", b"and this")]


async def test_without_its_stream_a_rejection_is_unavailable(nats_client: Client) -> None:
    with pytest.raises(Unavailable):
        await NatsRejections(nats_client).publish(b"why", stream_sequence=1)
