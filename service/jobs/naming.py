"""Names for jobs that nobody named: readable, in order of time, and never the same twice."""

from __future__ import annotations

LAST_LETTERS = 4


def new_job_id(prefix: str) -> str:
    """Return a name such as `job-20261122-201500-3f9a`."""
    from service.wiring.clock import new_id, now  # noqa: PLC0415 - the heavy part

    return f"{prefix}-{now():%Y%m%d-%H%M%S}-{new_id()[-LAST_LETTERS:]}"
