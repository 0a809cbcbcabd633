"""The feed on a stream with three replicas: whoever comes between, a window is stored as a whole or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress

import pytest
from nats.aio.client import Client
from nats.js.errors import APIError

from adapters.bus import connection, streams
from adapters.bus.feed import VideoFeed
from domain.errors import ReelwrightError, VersionConflict
from tests.adapters.bus.test_feed import window
from tests.fixtures.nats import NatsServer, free_port
from tests.service.log_readers.announcing import until


def cluster() -> list[NatsServer]:
    routes = [free_port() for _ in range(3)]
    servers = [NatsServer() for _ in routes]
    shown = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
    for server, port in zip(servers, routes, strict=True):
        known = f'server_name: "n{port}"\ncluster {{ name: test, listen: "127.0.0.1:{port}", routes: [{shown}] }}\n'
        server._config.write_text(server._config.read_text() + known)
    return servers


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    with ExitStack() as running:
        servers = [running.enter_context(server) for server in cluster()]
        client = await connection.connect([server.url for server in servers], name="test", wait_seconds=15)
        try:
            await until(lambda: _made(client), seconds=30)
            yield client
        finally:
            await connection.close(client)


async def _made(client: Client) -> bool:
    with suppress(ReelwrightError, APIError):
        await streams.ensure(client.jetstream(), replicas=3)
        return bool((await client.jetstream().stream_info("VIDEO")).cluster.leader)
    return False


async def test_a_stranger_who_came_first_leaves_no_gap(client: Client) -> None:
    """Message by message events were lost here: the stranger's message pushes our first one out, and the one behind it
    finds the sequence that it expects.
    """
    feed, js = VideoFeed(client), client.jetstream()
    for size in (2, 5, 40):
        end = await feed.end()
        await js.publish("video.progress", b"not ours")
        position = end.cursor[0] if end.cursor else 0
        headline = window(position + 1, position + size)
        with pytest.raises(VersionConflict):
            await feed.publish(headline, expected_sequence=end.sequence)
        moved = await feed.end()
        assert (moved.sequence, moved.cursor) == (end.sequence + 1, end.cursor)
        assert await feed.publish(headline, expected_sequence=moved.sequence) == moved.sequence + size
