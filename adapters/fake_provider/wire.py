"""Answers with a fault of the connection: none, half of one, one that never ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_open: dict[tuple[str, int], asyncio.Transport] = {}


class ClosableProtocol(H11Protocol):
    """HTTP/1.1 whose connections an answer can find by their peer, and close."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Register the connection."""
        super().connection_made(transport)
        if self.client is not None:
            _open[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Unregister the connection."""
        if self.client is not None:
            _open.pop(self.client, None)
        super().connection_lost(exc)


class Dated:
    """Middleware that adds a `Date` of the provider's clock."""

    def __init__(self, app: ASGIApp, *, now: Callable[[], datetime]) -> None:
        self._app, self._now = app, now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the header."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = (b"date", format_datetime(self._now(), usegmt=True).encode())
                message = {**message, "headers": [*message["headers"], date]}
            await send(message)

        await self._app(scope, receive, dated)


class LostAnswer(Response):
    """Closes the connection without an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the signature of ASGI
        """Close it and wait for its end."""
        _close(scope)
        await _wait_for_disconnect(receive)


class NoAnswer(Response):
    """Keeps the connection open without an answer, until the caller closes it or the limit is reached."""

    def __init__(self, limit_seconds: float) -> None:
        super().__init__()
        self._limit_seconds = limit_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the signature of ASGI
        """Wait."""
        await _close_after(self._limit_seconds, scope, receive)


class HalfAnswer(Response):
    """Announces the whole body, sends a part, waits `stall_seconds`, and closes the connection."""

    def __init__(self, whole: bytes, *, cut_at: int, headers: Mapping[str, str], status: int = 200) -> None:
        super().__init__(status_code=status, headers=dict(headers))
        self._whole, self._cut_at = whole, cut_at
        self.stall_seconds = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and the part."""
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items() if name != "content-length"]
        headers.append((b"content-length", str(len(self._whole)).encode()))
        start: dict[str, Any] = {"type": "http.response.start", "status": self.status_code, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": self._whole[: self._cut_at], "more_body": True})
        await _close_after(self.stall_seconds, scope, receive, flush=True)


async def _close_after(seconds: float, scope: Scope, receive: Receive, *, flush: bool = False) -> None:
    """Close the connection unless the caller does it within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await _wait_for_disconnect(receive)
    except TimeoutError:
        _close(scope, flush=flush)
        await _wait_for_disconnect(receive)


def _close(scope: Scope, *, flush: bool = False) -> None:
    transport = _open.get(tuple(scope["client"]))
    if transport is None:
        return
    if flush:
        transport.close()
    else:
        transport.abort()


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
