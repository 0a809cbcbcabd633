"""Writing what comes in to a file, in threads and in pieces worth a system call."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from io import FileIO

from adapters.disk import disk_failure
from domain.errors import DiskTrouble

PIECE_BYTES = 128 * 1024


class DiskWriter:
    """Appends to an unbuffered file. Nothing is written after `flush` has returned or raised."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._buffer = bytearray()

    async def add(self, piece: bytes) -> None:
        """Take a piece; it reaches the file with the next full buffer. Raises DiskTrouble."""
        self._buffer += piece
        if len(self._buffer) >= PIECE_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Write all that was taken. Raises DiskTrouble (no space left)."""
        buffer, self._buffer = self._buffer, bytearray()
        writing = asyncio.ensure_future(asyncio.to_thread(write_all, self._file, buffer))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # A thread cannot be stopped, and the file may only be closed when it is done.
            with suppress(DiskTrouble):
                await writing
            raise


def write_all(file: FileIO, data: bytes | bytearray) -> None:
    """Write all of `data` to an unbuffered file. Blocks. Raises DiskTrouble (no space left)."""
    try:
        with memoryview(data) as view:
            written = 0
            while written < len(data):
                written += file.write(view[written:])
    except OSError as error:
        raise disk_failure(error) from error
