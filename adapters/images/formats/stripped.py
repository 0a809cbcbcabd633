"""An image file without its metadata, and the metadata: damage of one does not harm the other."""

from __future__ import annotations

from adapters.images.formats.pieces import Piece

MOST_PIECES = 1000
"""Real files have a dozen."""

MOST_PARTS = 100_000
"""Real files have some thousands. Reading millions takes many seconds."""


class StrippedImage:
    """An image file without its metadata, in pieces, and the metadata, named as in `Image.info`."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.pieces: list[Piece] = []
        self.metadata: dict[str, bytes | str] = {}
        self._parts = 0

    def count(self) -> None:
        """Count one more segment or chunk. Raises ValueError where there are too many."""
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise ValueError("it is in too many pieces")

    def keep(self, start: int, stop: int) -> None:
        """Add a piece of the file. Raises ValueError where there are too many."""
        stop = min(stop, self.size_bytes)
        last = self.pieces[-1] if self.pieces else b""
        if isinstance(last, range) and last.stop == start:
            self.pieces[-1] = range(last.start, stop)
        elif start < stop:
            self.pieces.append(range(start, stop))
        if len(self.pieces) > MOST_PIECES:
            raise ValueError("it is in too many pieces")
