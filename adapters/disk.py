"""Errors of our own disk, translated, and how a file survives a power cut."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

from domain.errors import DiskTrouble

P = ParamSpec("P")
T = TypeVar("T")

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def disk_failure(error: OSError, *, place: str | None = None) -> DiskTrouble:
    """Return what is wrong with the disk: a person can repair it, so the work is tried again."""
    where = f" of {place}" if place else ""
    if error.errno in FULL:
        return DiskTrouble(f"No space left on the disk{where}")
    reason = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
    return DiskTrouble(f"The disk{where} does not take the file: {reason}")


@contextmanager
def disk_errors(*, place: str | None = None) -> Iterator[None]:
    """Turn every OSError into DiskTrouble."""
    try:
        yield
    except OSError as error:
        raise disk_failure(error, place=place) from error


async def in_thread(place: str | None, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in a thread. Raises DiskTrouble for its OSError."""
    with disk_errors(place=place):
        return await asyncio.to_thread(work, *args, **kwargs)


def flush(path: Path) -> None:
    """Wait until the file, or the entries of the directory, would survive a power cut. Blocks."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
