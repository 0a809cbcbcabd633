"""A TCP proxy of our own that cuts, stalls, delays, and loses an answer at the worst moment."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self

CHUNK_BYTES = 65536
LOOK_SECONDS = 0.02


class Proxy:
    """Forwards to one port of this machine. `stalled` holds bytes back and keeps connections open."""

    def __init__(self, target_port: int, *, host: str = "127.0.0.1") -> None:
        self.target_port = target_port
        self.host = host
        self.port = 0
        self.stalled = False
        self.delay_seconds = 0.0
        self.cut_before_answer_to: bytes | None = None
        self.cuts = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def refuse(self) -> None:
        """Take no more connections and cut those that are open; `start` brings it back on the same port."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """Reset every open connection, as a firewall or a fail-over does."""
        self.cuts += len(self._open) // 2
        for writer in list(self._open):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        pair = _Pair(self)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pair.forward(reader, back, up=True))
                group.create_task(pair.forward(there, writer, up=False))
        except asyncio.CancelledError:
            pass  # the row has ended
        finally:
            for one in (writer, back):
                one.close()
                self._open.discard(one)


class _Pair:
    """Both directions of one connection. `doomed`: what must not be answered was sent on it."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._doomed = False

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                await self._hold()
                self._mark(chunk, up=up)
                if self._doomed and not up:
                    self._proxy.cuts += 1
                    self._proxy.cut_before_answer_to = None
                    break
                writer.write(chunk)
                await writer.drain()
        writer.transport.abort() if self._doomed else writer.close()

    def _mark(self, chunk: bytes, *, up: bool) -> None:
        """The server gets all of it and does it; only the answer is lost."""
        words = self._proxy.cut_before_answer_to
        if up and words is not None and words in chunk:
            self._doomed = True

    async def _hold(self) -> None:
        await asyncio.sleep(self._proxy.delay_seconds)
        while self._proxy.stalled:
            await asyncio.sleep(LOOK_SECONDS)
