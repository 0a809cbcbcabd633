"""How long something has looked the same to this process, by its own monotonic clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Staleness(Generic[T]):
    """What was seen last of each job, and since when it is so. As large as what was looked at last."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[T, float]] = {}

    def look(self, found: Mapping[str, T], *, at: float) -> None:
        """Take in what is there now; what changed begins anew and what is gone is forgotten."""
        before = self._seen
        self._seen = {
            job_id: before[job_id] if job_id in before and before[job_id][0] == value else (value, at)
            for job_id, value in found.items()
        }

    def unchanged(self, seconds: Callable[[T], float], *, at: float) -> list[tuple[str, T]]:
        """Return what has not changed for as many seconds as `seconds` gives for it."""
        return [(job_id, value) for job_id, (value, since) in self._seen.items() if at - since >= seconds(value)]
