"""Keeps the memory of a service small. `serve` alone imports it, before the modules that it changes."""

from __future__ import annotations

import ctypes
import sys

ONE_ARENA = 1
_M_ARENA_MAX = -8  # of glibc's mallopt(3)

# structlog and httpx import all of rich where it is installed: 3 MB that a service never uses.
sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # None makes every later import fail

# One heap for all threads: memory that a thread frees in a heap of its own is not reused, 4 MB after the first jobs.
if sys.platform == "linux" and (_mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
    _mallopt(_M_ARENA_MAX, ONE_ARENA)
