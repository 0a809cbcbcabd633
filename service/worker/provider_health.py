"""The health of the paid provider, from its latest answers: a check sends no request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

_REFUSALS: Final = {
    "401": "it refuses REPLICATE_API_TOKEN (401)",
    "402": "it wants to be paid (402)",
    "403": "it refuses REPLICATE_API_TOKEN (403)",
    "429": "it throttles (429); jobs wait as long as it says",
    "timeout": "it does not answer in time",
    "broken": "it cannot be reached, or its answers are cut",
}
_LOWEST_FAULT: Final = 500


class ProviderHealth:
    """The outcome of the latest request."""

    def __init__(self, *, is_local: bool, now: Callable[[], datetime]) -> None:
        self._is_local = is_local
        self._now = now
        self._problem: str | None = None
        self._asked_at: datetime | None = None
        self._problem_since: datetime | None = None

    def record(self, code: str) -> None:
        """Note the outcome of a request: an HTTP status, `timeout` or `broken`, as the metrics count them."""
        self._asked_at = self._now()
        self._problem = _problem(code)
        if self._problem is None:
            self._problem_since = None
        elif self._problem_since is None:
            self._problem_since = self._asked_at

    async def check(self) -> tuple[bool, str]:
        """Return whether the provider works, as far as this process knows, and a text for people."""
        if self._is_local:
            return True, "videos are made on this machine"
        if self._asked_at is None:
            return True, "this process has not asked it anything since it started"
        if self._problem is None:
            return True, f"answered at {self._asked_at:%H:%M:%S} UTC"
        return False, f"{self._problem}, since {self._problem_since:%H:%M:%S} UTC; asked at {self._asked_at:%H:%M:%S}"


def _problem(code: str) -> str | None:
    if code in _REFUSALS:
        return _REFUSALS[code]
    return f"it answers {code}" if code.isdigit() and int(code) >= _LOWEST_FAULT else None
