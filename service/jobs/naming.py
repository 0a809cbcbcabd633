"""Ids for jobs that came without one: readable, unique, and sorted by time."""

from __future__ import annotations

from datetime import datetime

LAST_LETTERS = 4


def new_job_id(prefix: str, *, at: datetime, new_id: str) -> str:
    """Return an id such as `job-20261122-201500-3f9a`, with the last letters of `new_id`."""
    return f"{prefix}-{at:%Y%m%d-%H%M%S}-{new_id[-LAST_LETTERS:]}"
