"""How long values have not changed, by the monotonic clock of this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Staleness(Generic[T]):
    """The last value of each job, and since when it is the same. As large as the last `update`."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[T, float]] = {}

    def update(self, found: Mapping[str, T], *, at: float) -> None:
        """Note the values of now; a changed one begins at zero seconds, a missing one is dropped."""
        before = self._seen
        self._seen = {
            job_id: before[job_id] if job_id in before and before[job_id][0] == value else (value, at)
            for job_id, value in found.items()
        }

    def unchanged(self, seconds: Callable[[T], float], *, at: float) -> list[tuple[str, T]]:
        """Return the values that have not changed for as long as `seconds` says of each."""
        return [(job_id, value) for job_id, (value, since) in self._seen.items() if at - since >= seconds(value)]
