"""A store, its checkpoints and relays that announce it on a real server: what the tests of the relay share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from nats.aio.client import Client
from nats.js import api

from adapters.bus import connection
from adapters.bus.feed import VideoFeed
from service.log_readers.feed import Feed
from service.log_readers.log_signal import LogSignal
from service.log_readers.reader import Leadership, LogReader
from service.log_readers.relay import NAME, Relay
from tests.service.log_readers.announcing import (
    START,
    MemoryCheckpoints,
    MemoryStore,
    expected_cursors,
    read_stream,
    until,
)


class Bench:
    """A store, its checkpoints and relays that announce it."""

    def __init__(self, client: Client, url: str) -> None:
        self.client, self.url = client, url
        self.store, self.checkpoints = MemoryStore(), MemoryCheckpoints()
        self.log_signal = LogSignal(self._head)
        self.again_since = START - timedelta(hours=24)
        self.feed: Callable[[Client], Feed] = lambda client: VideoFeed(client, ack_seconds=2.0)

    def relay(self, client: Client | None = None, *, leadership: Leadership | None = None) -> Relay:
        """Make a relay with the idea of "the last day" that holds now; a later one may have another."""
        since = self.again_since
        reader = LogReader(NAME, self.store, wait=self.log_signal.wait, leadership=leadership)
        return Relay(reader, self.feed(client or self.client), self.checkpoints, again_since=lambda: since)

    async def _head(self) -> int:
        return len(self.store.events)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Relay]:
        relay = self.relay()
        task = asyncio.create_task(relay.run())
        try:
            yield relay
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    async def cursors(self) -> list[str]:
        return [message.cursor for message in await read_stream(self.client)]

    async def messages(self) -> list[api.RawStreamMsg]:
        """What the stream holds, also what no relay of ours put there."""
        js = self.client.jetstream()
        state = (await js.stream_info("VIDEO")).state
        return [await js.get_msg("VIDEO", sequence) for sequence in range(state.first_seq, state.last_seq + 1)]

    async def our_cursors(self) -> list[str]:
        headers = [message.headers or {} for message in await self.messages()]
        return [one["Reelwright-Cursor"] for one in headers if "Reelwright-Cursor" in one]

    async def all_announced(self) -> None:
        want = len(expected_cursors(self.store))

        async def done() -> bool:
            return (await self.client.jetstream().stream_info("VIDEO")).state.messages >= want

        await until(done)


@asynccontextmanager
async def two_relays(bench: Bench) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Run two, and give a function that kills one at some await and starts another in its place."""
    clients = [await connection.connect([bench.url], name=f"relay-{n}", wait_seconds=10) for n in range(2)]
    tasks = [asyncio.create_task(bench.relay(client).run()) for client in clients]
    turns = iter(range(10_000))

    async def kill_one() -> None:
        turn = next(turns)
        for _ in range(3 + turn * 7 % 40):
            await asyncio.sleep(0)
        await asyncio.sleep(0.001 * (turn % 9))
        tasks[turn % 2].cancel()
        await asyncio.wait([tasks[turn % 2]])
        tasks[turn % 2] = asyncio.create_task(bench.relay(clients[turn % 2]).run())

    try:
        yield kill_one
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for client in clients:
            await connection.close(client)
