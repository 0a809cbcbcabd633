"""An answer whose body has not been read yet, and the one way to read it: into a file, with limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from io import FileIO

import httpcore
import httpx

from adapters.outbound.disk import DiskWriter
from adapters.outbound.failures import LINE_ERRORS, of_line
from adapters.outbound.pace import Pace, Patience
from adapters.outbound.target import Target
from domain.errors import Refused


class TooLarge(Refused):
    """The body has more bytes than the caller takes."""


class Answer:
    """What a server answered: status, headers and a body that is still on its way."""

    def __init__(
        self, *, response: httpcore.Response, headers: httpx.Headers, target: Target, patience: Patience
    ) -> None:
        self.status = response.status
        self.headers = headers
        self.target = target
        self._response = response
        self._patience = patience

    @property
    def length(self) -> int | None:
        """Bytes of the body as announced; None where the server did not say."""
        raw = self.headers.get("content-length", "")
        return int(raw) if raw.isascii() and raw.isdigit() else None

    async def save(self, file: FileIO, *, most_bytes: int, within_seconds: float) -> int:
        """Append the body to an unbuffered `file` and return its size; what came before an error is in the file, too.

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
            async with aclosing(self._pieces(within_seconds)) as pieces:
                async for piece in pieces:
                    size += len(piece)
                    if size > most_bytes:
                        raise TooLarge(f"{self.target} has more than {most_bytes} bytes")
                    await writer.add(piece)
        finally:
            await writer.flush()
        return size

    async def _pieces(self, within_seconds: float) -> AsyncGenerator[bytes]:
        pace = Pace(self._patience, within_seconds=within_seconds)
        now = asyncio.get_running_loop().time
        incoming = aiter(self._response.aiter_stream())
        while True:
            began = now()
            try:
                piece = await anext(incoming, None)
            except LINE_ERRORS as error:
                raise of_line(error, self.target) from error
            if piece is None:
                return
            pace.add(len(piece), waited_seconds=now() - began)
            yield piece
