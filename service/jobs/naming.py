"""Names for jobs that nobody named: readable, in order of time, and never the same twice."""

from __future__ import annotations

from datetime import datetime

LAST_LETTERS = 4


def new_job_id(prefix: str, *, at: datetime, new_id: str) -> str:
    """Return a name such as `job-20261122-201500-3f9a`, which ends as `new_id` does."""
    return f"{prefix}-{at:%Y%m%d-%H%M%S}-{new_id[-LAST_LETTERS:]}"
