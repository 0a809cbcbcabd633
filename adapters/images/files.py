"""Moves a new image into its place: written beside it, checked, flushed to the disk, renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from adapters.disk import disk_errors, flush
from adapters.images.check import check_image

PART_PREFIX = ".part-"


@contextmanager
def part_beside(place: Path) -> Iterator[tuple[Path, FileIO]]:
    """Open an unbuffered file next to `place`, which is removed at the end. Raises DiskTrouble."""
    with disk_errors():
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=PART_PREFIX, dir=place.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            yield part, file
    finally:
        part.unlink(missing_ok=True)


def move_into_place(part: Path, file: FileIO, place: Path) -> None:
    """Check the image, flush it and rename it to `place`. Blocks. Raises Refused (no image), DiskTrouble."""
    check_image(part)
    with disk_errors():
        os.fsync(file.fileno())
        part.replace(place)
        flush(place.parent)
