"""What keeps a worker's memory small. Imported by `serve` alone, and before what it is about."""

from __future__ import annotations

import ctypes
import sys

ONE_ARENA = 1
_M_ARENA_MAX = -8  # of glibc's mallopt(3)

# structlog and httpx load all of rich where they find it: 3 MB for what a service never draws.
sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # how the import system marks what is not there

# One heap for all threads: with one each, what a thread has freed stays with it, 4 MB after the first jobs.
if sys.platform == "linux" and (_mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
    _mallopt(_M_ARENA_MAX, ONE_ARENA)
