"""The embedded nats-server: one per data directory, started again when it dies, gone when its keepers are."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from adapters.bus import connection, streams
from adapters.bus.embedded import EmbeddedNats
from tests.fixtures.nats import free_port
from tests.service.log_readers.announcing import until

KEEPER = """
import asyncio, sys
from pathlib import Path
from adapters.bus.embedded import EmbeddedNats

async def main():
    nats = EmbeddedNats(Path(sys.argv[1]), 0)
    print(await nats.start(), nats.pid, flush=True)
    await nats.wait()

runner = asyncio
if sys.argv[2] == "uvloop":
    import uvloop as runner
runner.run(main())
"""


@asynccontextmanager
async def embedded(folder: Path, port: int | None = 0) -> AsyncIterator[EmbeddedNats]:
    nats = EmbeddedNats(folder, port)
    await nats.start()
    try:
        yield nats
    finally:
        await nats.stop()


async def publish_one(url: str) -> None:
    client = await connection.connect([url], name="test", wait_seconds=10)
    try:
        await streams.ensure(client.jetstream())
        await client.jetstream().publish("storyboard.approved", b"{}")
    finally:
        await connection.close(client)


async def stored(url: str) -> int:
    client = await connection.connect([url], name="test", wait_seconds=10)
    try:
        return int((await client.jetstream().stream_info("STORYBOARD")).state.messages)
    finally:
        await connection.close(client)


def servers_of(folder: Path) -> list[psutil.Process]:
    """Processes, zombies too, that run on this folder."""
    config = str(folder.resolve() / "nats" / "server.conf")
    return [p for p in psutil.process_iter(["cmdline"]) if config in (p.info["cmdline"] or [])]


async def test_a_killed_server_comes_back_on_the_same_port_with_its_messages(tmp_path: Path) -> None:
    async with embedded(tmp_path) as nats:
        await publish_one(nats.url)
        before, url = nats.pid, nats.url
        os.kill(before, signal.SIGKILL)
        await until(lambda: nats.pid not in (None, before))
        assert nats.url == url
        assert await stored(url) == 1
    assert servers_of(tmp_path) == []
    assert not [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]


async def test_a_stop_and_a_start_keep_port_and_messages(tmp_path: Path) -> None:
    async with embedded(tmp_path) as nats:
        url = nats.url
        await publish_one(url)
    async with embedded(tmp_path) as nats:
        assert nats.url == url
        assert await stored(url) == 1


async def test_a_taken_port_is_replaced_by_a_free_one_that_is_remembered(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with embedded(tmp_path, port) as nats:
            url = nats.url
            assert not url.endswith(f":{port}")
    async with embedded(tmp_path, None) as nats:
        assert nats.url == url


async def test_a_wished_port_is_used(tmp_path: Path) -> None:
    port = free_port()
    async with embedded(tmp_path, port) as nats:
        assert nats.url.endswith(f"@127.0.0.1:{port}")


async def test_a_message_of_600_kib_arrives(tmp_path: Path) -> None:
    async with embedded(tmp_path) as nats:
        client = await connection.connect([nats.url], name="test", wait_seconds=10)
        try:
            await streams.ensure(client.jetstream())
            ack = await client.jetstream().publish("storyboard.approved", b"x" * 600 * 1024)
            assert ack.seq == 1
        finally:
            await connection.close(client)


async def test_two_keepers_share_one_server_and_the_second_takes_over(tmp_path: Path) -> None:
    first, second = EmbeddedNats(tmp_path, 0), EmbeddedNats(tmp_path, 0)
    try:
        url = await first.start()
        assert await second.start() == url
        assert second.pid is None
        await publish_one(url)
        await first.stop()
        await until(lambda: second.pid is not None)
        assert second.url == url
        assert await stored(url) == 1
    finally:
        await first.stop()
        await second.stop()
    assert servers_of(tmp_path) == []


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_a_killed_keeper_leaves_no_server(tmp_path: Path, loop: str) -> None:
    keeper, url, pid = await start_keeper(tmp_path, loop)
    try:
        assert psutil.pid_exists(pid)
    finally:
        keeper.kill()
        keeper.wait()
    await until(lambda: not servers_of(tmp_path))
    async with embedded(tmp_path) as nats:
        assert nats.url == url


async def test_a_keeper_that_is_killed_is_followed_by_another_with_the_same_store(tmp_path: Path) -> None:
    keeper, url, _ = await start_keeper(tmp_path, "asyncio")
    second = EmbeddedNats(tmp_path, 0)
    try:
        assert await second.start() == url
        await publish_one(url)
        keeper.kill()
        keeper.wait()
        await until(lambda: second.pid is not None)
        assert await stored(url) == 1
        assert len(servers_of(tmp_path)) == 1
    finally:
        keeper.kill()
        keeper.wait()
        await second.stop()


async def test_a_server_left_behind_is_ended_before_the_store_is_used_again(tmp_path: Path) -> None:
    """Where no parent-death signal exists the server outlives its keeper; here its keeper is stopped for good."""
    async with embedded(tmp_path) as first:
        left = first.pid
        first._process = None
        task, first._task = first._task, None
        task.cancel()
        await asyncio.wait([task])
        assert psutil.pid_exists(left)
        async with embedded(tmp_path) as second:
            assert second.pid != left
            assert [server.pid for server in servers_of(tmp_path)] == [second.pid]


async def test_stopping_twice_is_harmless(tmp_path: Path) -> None:
    async with embedded(tmp_path) as nats:
        await nats.stop()
        await nats.stop()
    assert nats.pid is None


async def start_keeper(folder: Path, loop: str) -> tuple[subprocess.Popen[str], str, int]:
    keeper = await asyncio.to_thread(popen_keeper, folder, loop)
    line = ""
    deadline = time.monotonic() + 30
    while not line.startswith("nats://"):
        assert keeper.stdout is not None
        line = await asyncio.to_thread(keeper.stdout.readline)
        assert time.monotonic() < deadline
        assert line or keeper.poll() is None
    keeper.stdout.close()
    url, pid = line.split()
    return keeper, url, int(pid)


def popen_keeper(folder: Path, loop: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", KEEPER, str(folder), loop], stdout=subprocess.PIPE, text=True)
