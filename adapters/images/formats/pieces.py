"""Pieces of a file and our own bytes, read as one file."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Piece = bytes | range
"""Bytes, or a range of the file."""


class Pieces(io.RawIOBase):
    """Reads one piece after the other. Moves the position of `file`, and does not close it."""

    def __init__(self, file: io.FileIO, pieces: Sequence[Piece]) -> None:
        self._file = file
        self._pieces = pieces
        self._ends = list(accumulate(len(piece) for piece in pieces))
        self._at = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Set the position; behind the end there is nothing to read."""
        size = self._ends[-1] if self._ends else 0
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: size}[whence])
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read up to the end of a piece."""
        number = bisect_right(self._ends, self._at)
        if number == len(self._pieces):
            return 0
        room = memoryview(buffer).cast("B")
        piece = self._pieces[number]
        begin = self._at - (self._ends[number] - len(piece))
        part = piece[begin : begin + len(room)]
        if isinstance(part, range):
            self._file.seek(part.start)
            count = self._file.readinto(room[: len(part)])
        else:
            count = len(part)
            room[:count] = part
        self._at += count
        return count
