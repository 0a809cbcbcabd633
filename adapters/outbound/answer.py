"""An HTTP answer whose body is read into a file, within limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from io import FileIO

import httpcore
import httpx

from adapters.outbound.disk import DiskWriter
from adapters.outbound.failures import CONNECTION_ERRORS, connection_error
from adapters.outbound.limits import RequestLimits, SpeedCheck
from adapters.outbound.target import Target
from domain.errors import Refused


class TooLarge(Refused):
    """The body has more bytes than the limit."""


class Answer:
    """Status, headers and a body that is not read yet."""

    def __init__(
        self, *, response: httpcore.Response, headers: httpx.Headers, target: Target, limits: RequestLimits
    ) -> None:
        self.status = response.status
        self.headers = headers
        self.target = target
        self._response = response
        self._limits = limits

    @property
    def length(self) -> int | None:
        """The Content-Length; None where the server sent none."""
        raw = self.headers.get("content-length", "")
        return int(raw) if raw.isascii() and raw.isdigit() else None

    async def save(self, file: FileIO, *, most_bytes: int, within_seconds: float) -> int:
        """Append the body to an unbuffered `file` and return its size; what came before an error is kept.

        Raises TooLarge, Refused (an encoded body), Unavailable (cut, stalled, too slow), DiskTrouble (no space left).
        """
        encoding = self.headers.get("content-encoding", "identity")
        if encoding.strip().lower() != "identity":
            raise Refused(f"{self.target} answered with Content-Encoding {encoding[:40]!r}, which was not asked for")
        if (self.length or 0) > most_bytes:
            raise TooLarge(f"{self.target} has {self.length} bytes, at most {most_bytes} are taken")
        writer = DiskWriter(file)
        size = 0
        try:
            async with aclosing(self._chunks(within_seconds)) as chunks:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > most_bytes:
                        raise TooLarge(f"{self.target} has more than {most_bytes} bytes")
                    await writer.add(chunk)
        finally:
            await writer.flush()
        return size

    async def _chunks(self, within_seconds: float) -> AsyncGenerator[bytes]:
        speed = SpeedCheck(self._limits, within_seconds=within_seconds)
        now = asyncio.get_running_loop().time
        incoming = aiter(self._response.aiter_stream())
        while True:
            began = now()
            try:
                chunk = await anext(incoming, None)
            except CONNECTION_ERRORS as error:
                raise connection_error(error, self.target) from error
            if chunk is None:
                return
            speed.add(len(chunk), waited_seconds=now() - began)
            yield chunk
