"""The bus as the service makes it, but for how soon an approval comes again when its taker died."""

from __future__ import annotations

from nats.aio.client import Client
from nats.js import api

from adapters.bus import streams


async def make_bus(client: Client, *, ack_wait_seconds: float) -> None:
    """Make streams and consumer on an empty server; the service leaves alone what it finds."""
    js = client.jetstream()
    await streams.ensure(js)
    consumer = {**streams.WANTED_CONSUMER, "name": streams.CONSUMER, "ack_wait": ack_wait_seconds}
    await js.delete_consumer(streams.STORYBOARD, streams.CONSUMER)
    await js.add_consumer(streams.STORYBOARD, api.ConsumerConfig(**consumer))
