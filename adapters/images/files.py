"""Putting a checked image into its place: written beside it, decoded, flushed to the disk, renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from adapters.disk import disk_failure
from adapters.images.check import check_image

PART_PREFIX = ".part-"


@contextmanager
def part_beside(place: Path) -> Iterator[tuple[Path, FileIO]]:
    """Open an unbuffered file next to `place`; what is still there at the end is removed. Raises Unavailable."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=PART_PREFIX, dir=place.parent)
    except OSError as error:
        raise disk_failure(error) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            yield part, file
    finally:
        part.unlink(missing_ok=True)


def settle(part: Path, file: FileIO, place: Path) -> None:
    """Check the image and make it durable in `place`. Blocks. Raises Refused (no image), Unavailable."""
    check_image(part)
    try:
        os.fsync(file.fileno())
        part.replace(place)
        _flush_folder(place.parent)
    except OSError as error:
        raise disk_failure(error) from error


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
