"""Writes a download to a file, in threads and in large blocks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from io import FileIO

from adapters.disk import disk_errors
from domain.errors import DiskTrouble

BLOCK_BYTES = 128 * 1024


class DiskWriter:
    """Appends to an unbuffered file; writes nothing after `flush` has returned or raised."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._buffer = bytearray()

    async def add(self, chunk: bytes) -> None:
        """Put it into the buffer, and write the buffer when it is full. Raises DiskTrouble."""
        self._buffer += chunk
        if len(self._buffer) >= BLOCK_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Write the buffer. Raises DiskTrouble (no space left)."""
        buffer, self._buffer = self._buffer, bytearray()
        writing = asyncio.ensure_future(asyncio.to_thread(write_all, self._file, buffer))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # A thread cannot be stopped, and the file must stay open until it is done.
            with suppress(DiskTrouble):
                await writing
            raise


def write_all(file: FileIO, data: bytes | bytearray) -> None:
    """Write all of `data` to an unbuffered file. Blocks. Raises DiskTrouble (no space left)."""
    with disk_errors(), memoryview(data) as view:
        written = 0
        while written < len(data):
            written += file.write(view[written:])
