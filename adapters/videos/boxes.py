"""The outermost structure of an MP4 file (ISO/IEC 14496-12, 4.2): boxes that must end exactly where the file ends."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

FIRST = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"})
NEEDED = frozenset({b"moov", b"mdat"})
MOST_BOXES = 200_000


class Malformed(ValueError):
    """The file is not a complete MP4; the text says why."""


def box_types(path: Path) -> list[bytes]:
    """Read the outermost boxes to the end of the file and return their types, in order. Raises Malformed."""
    end = path.stat().st_size
    types: list[bytes] = []
    position = 0
    with path.open("rb") as file:
        while position < end:
            kind, size = _header(file, position, end)
            if not types and kind not in FIRST:
                raise Malformed("it is not an MP4 or MOV file")
            if position + size > end:
                raise Malformed(f"it is cut off: {_name(kind)} needs {position + size - end} bytes more")
            types.append(kind)
            if len(types) > MOST_BOXES:
                raise Malformed(f"it has more than {MOST_BOXES} boxes")
            position += size
    for missing in sorted(NEEDED - set(types)):
        raise Malformed(f"it has no {_name(missing)} box")
    return types


def _header(file: BinaryIO, position: int, end: int) -> tuple[bytes, int]:
    """Return type and size of the box at `position`; a stored size of 0 means to the end of the file."""
    file.seek(position)
    head = file.read(16)
    size, kind = int.from_bytes(head[:4]), head[4:8]
    least = 8
    if size == 1:
        size, least = int.from_bytes(head[8:16]), 16
    elif size == 0:
        size = end - position
    if len(head) < least or size < least or not (kind.isascii() and kind.decode().isprintable()):
        what = "it is not an MP4 or MOV file" if position == 0 else f"unreadable data after {position} of {end} bytes"
        raise Malformed(what)
    return kind, size


def _name(kind: bytes) -> str:
    return kind.decode("ascii", "replace")
