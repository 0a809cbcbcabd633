"""What the operating system's errors mean to a job."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from domain.errors import Unavailable

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def unavailable(error: OSError, *, place: str) -> Unavailable:
    """Say what is wrong with the disk at `place`: a person can mend it, so the work is tried again."""
    if error.errno in FULL:
        return Unavailable(f"No space left on the disk of {place}")
    reason = os.strerror(error.errno) if error.errno else str(error)
    return Unavailable(f"Cannot write to {place}: {reason}")


def flush(path: Path) -> None:
    """Wait until the file, or the entries of the directory, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
