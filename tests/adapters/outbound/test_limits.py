"""A server may be slow, endless or broken: every wait ends, and what was saved is what came."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest

from adapters.outbound.answer import TooLarge
from adapters.outbound.client import Outbound
from adapters.outbound.limits import RequestLimits, SpeedCheck
from domain.errors import Refused, Unavailable
from tests.fixtures.http import FileHost, Page

HASTY = RequestLimits(connect_seconds=0.5, read_seconds=0.3, answer_seconds=0.6, window_seconds=0.4)


async def save(url: str, path: Path, *, most_bytes: int = 10_000, within_seconds: float = 5.0) -> int:
    async with Outbound(allow_private=True, limits=HASTY) as client:
        with path.open("wb", buffering=0) as file:
            async with client.get(url) as answer:
                return await answer.save(file, most_bytes=most_bytes, within_seconds=within_seconds)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_is_saved_as_it_is(host, tmp_path, chunked):
    body = bytes(range(256)) * 4096
    host.pages["/a"] = Page(body=body, chunked=chunked)
    assert await save(host.url("/a"), tmp_path / "f", most_bytes=len(body)) == len(body)
    assert (tmp_path / "f").read_bytes() == body


async def test_a_body_that_is_announced_too_large_is_not_begun(host, tmp_path):
    host.pages["/a"] = Page(body=b"x" * 5000, repeat=100)
    with pytest.raises(TooLarge):
        await save(host.url("/a"), tmp_path / "f", most_bytes=400_000)
    assert (tmp_path / "f").stat().st_size == 0


async def test_a_body_that_grows_too_large_is_stopped(host, tmp_path):
    host.pages["/a"] = Page(body=b"x" * 5000, repeat=10_000, chunked=True)
    with pytest.raises(TooLarge):
        await save(host.url("/a"), tmp_path / "f")
    assert (tmp_path / "f").stat().st_size <= 10_000


async def test_a_compressed_body_is_refused(host, tmp_path):
    host.pages["/a"] = Page(body=gzip.compress(b"x" * 9000), headers={"Content-Encoding": "gzip"})
    with pytest.raises(Refused, match="Content-Encoding 'gzip'"):
        await save(host.url("/a"), tmp_path / "f")


async def test_a_server_that_never_answers_is_left(host, tmp_path):
    host.pages["/a"] = Page(silent=True)
    with pytest.raises(Unavailable, match="did not answer in time"):
        await save(host.url("/a"), tmp_path / "f")


async def test_a_stalled_body_is_left_and_what_came_is_kept(host, tmp_path):
    host.pages["/a"] = Page(body=b"x" * 9000, stall_after=5000)
    with pytest.raises(Unavailable, match="did not answer in time"):
        await save(host.url("/a"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"x" * 5000


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_cut_body_is_noticed_and_what_came_is_kept(host, tmp_path, chunked):
    host.pages["/a"] = Page(body=b"x" * 9000, cut_after=5000, chunked=chunked)
    with pytest.raises(Unavailable, match="broke the connection"):
        await save(host.url("/a"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"x" * 5000


async def test_a_server_that_drips_is_left_although_no_read_ever_waits_long(host, tmp_path):
    host.pages["/a"] = Page(body=b"x" * 9000, drip_seconds=0.01)
    with pytest.raises(Unavailable, match="slower than 1024 bytes a second"):
        await save(host.url("/a"), tmp_path / "f")
    assert 0 < (tmp_path / "f").stat().st_size < 1000


async def test_a_server_that_drips_its_headers_is_left(tmp_path):
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.1 200 OK\r\n")
            while not reader.at_eof():
                writer.write(b"X: y\r\n")
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unavailable, match="did not answer in time"):
            await save(f"http://127.0.0.1:{port}/", tmp_path / "f")


async def test_a_body_has_a_limit_in_all(host, tmp_path):
    host.pages["/a"] = Page(body=b"x" * 9000, drip_seconds=0.005)
    with pytest.raises(Unavailable, match="took too long"):
        await save(host.url("/a"), tmp_path / "f", within_seconds=0.1)


def test_a_slow_start_is_forgiven_when_the_window_as_a_whole_is_fast_enough():
    speed = SpeedCheck(RequestLimits(window_seconds=60, slowest_bytes_per_second=1024), within_seconds=1000)
    for _ in range(5):
        speed.add(1, waited_seconds=25)
        speed.add(200_000, waited_seconds=25)
        speed.add(1, waited_seconds=25)


def test_a_fast_start_does_not_pay_for_a_slow_rest():
    speed = SpeedCheck(RequestLimits(window_seconds=60, slowest_bytes_per_second=1024), within_seconds=1000)
    speed.add(500_000_000, waited_seconds=60)
    speed.add(10, waited_seconds=30)
    with pytest.raises(Unavailable, match="slower"):
        speed.add(10, waited_seconds=30)


@pytest.mark.parametrize(
    "raw", [b"not http at all\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n" + b"a" * 200_000]
)
async def test_a_server_that_does_not_speak_http_may_be_tried_again(tmp_path, raw):
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unavailable):
            await save(f"http://127.0.0.1:{port}/", tmp_path / "f")


async def test_nobody_at_the_port_may_be_tried_again(tmp_path):
    async with FileHost() as gone:
        url = gone.url("/a")
    with pytest.raises(Unavailable, match="could not be connected to"):
        await save(url, tmp_path / "f")


async def test_a_cancelled_fetch_leaves_its_connection(host, tmp_path):
    host.pages["/a"] = Page(body=b"x" * 9000, stall_after=5000)
    async with Outbound(allow_private=True) as client:

        async def fetch() -> None:
            with (tmp_path / "f").open("wb", buffering=0) as file:
                async with client.get(host.url("/a")) as answer:
                    await answer.save(file, most_bytes=10_000, within_seconds=60)

        fetching = asyncio.create_task(fetch())
        await host.until(lambda: host.answering == 1)
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        await host.until(lambda: host.answering == 0)
