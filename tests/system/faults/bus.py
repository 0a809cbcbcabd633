"""The tester's own look at the bus: short connections, quiet about the outages that the rows bring about."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

READ_SECONDS = 10.0
ASK_SECONDS = 1.0

AWAY = (OSError, NatsError)


async def _quiet(_error: Exception) -> None:
    """What is away is away on purpose."""


@asynccontextmanager
async def bus_client(urls: str, *, once: bool = False) -> AsyncIterator[Client]:
    """Connect for a moment; with `once` a server that is away raises one of AWAY at once."""
    options: dict[str, Any] = {"allow_reconnect": False, "connect_timeout": 1} if once else {}
    client = await nats.connect(urls.split(","), error_cb=_quiet, **options)
    try:
        yield client
    finally:
        with suppress(*AWAY):
            await client.close()


async def answers(urls: str) -> bool:
    """Tell whether a server takes connections."""
    try:
        async with bus_client(urls, once=True):
            return True
    except AWAY:
        return False


async def there(urls: str, stream: str, consumer: str | None = None) -> bool:
    """Tell whether the stream, or a consumer of it, exists."""
    try:
        async with bus_client(urls, once=True) as client:
            js = client.jetstream(timeout=ASK_SECONDS)
            await (js.consumer_info(stream, consumer) if consumer else js.stream_info(stream))
    except NotFoundError:
        return False
    return True


async def announced_position(urls: str) -> int:
    """Return the position of the newest event in the stream VIDEO; 0 while it cannot be told."""
    try:
        async with bus_client(urls, once=True) as client:
            js = client.jetstream(timeout=ASK_SECONDS)
            last = await js.get_msg("VIDEO", (await js.stream_info("VIDEO")).state.last_seq)
            return int((last.headers or {})["Reelwright-Cursor"].partition("/")[0])
    except AWAY:
        return 0


async def heard(urls: str) -> list[dict[str, Any]]:
    """Return everything that the stream VIDEO holds, in order."""
    async with bus_client(urls) as client:
        js = client.jetstream(timeout=READ_SECONDS)
        last = (await js.stream_info("VIDEO")).state.last_seq
        subscription = await js.subscribe("video.>", stream="VIDEO", ordered_consumer=True)
        bodies: list[dict[str, Any]] = []
        while True:
            message = await subscription.next_msg(READ_SECONDS)
            bodies.append({**json.loads(message.data), "subject": message.subject})
            if message.metadata.sequence.stream >= last:
                return bodies
