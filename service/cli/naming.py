"""Names for jobs that nobody named: readable, in order of time, and never the same twice."""

from __future__ import annotations

LAST_LETTERS = 4


def new_job_id(prefix: str) -> str:
    """Return a name such as `job-20261122-201500-3f9a`."""
    from service import wiring  # noqa: PLC0415 - the heavy part

    return f"{prefix}-{wiring.now():%Y%m%d-%H%M%S}-{wiring.new_id()[-LAST_LETTERS:]}"
