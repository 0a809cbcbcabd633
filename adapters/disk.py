"""What the operating system's errors about our own disk mean, and how a file is made to survive a power cut."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from domain.errors import DiskTrouble

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def disk_failure(error: OSError, *, place: str | None = None) -> DiskTrouble:
    """Say what is wrong with the disk: a person can mend it, so the work is tried again."""
    where = f" of {place}" if place else ""
    if error.errno in FULL:
        return DiskTrouble(f"No space left on the disk{where}")
    reason = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
    return DiskTrouble(f"The disk{where} does not take the file: {reason}")


def flush(path: Path) -> None:
    """Wait until the file, or the entries of the directory, would survive a power cut. Blocks."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
