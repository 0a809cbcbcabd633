"""How the paid provider is, as its latest answers tell: looking costs no request of its own."""

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
    """What was heard last. `heard` takes an HTTP status, `timeout` or `broken`, as the metrics count them."""

    def __init__(self, *, is_local: bool, now: Callable[[], datetime]) -> None:
        self._is_local = is_local
        self._now = now
        self._trouble: str | None = None
        self._heard_at: datetime | None = None
        self._trouble_since: datetime | None = None

    def heard(self, code: str) -> None:
        """Note the outcome of a request; anything but a refusal of all our work means that it is well."""
        self._heard_at = self._now()
        self._trouble = _trouble(code)
        if self._trouble is None:
            self._trouble_since = None
        elif self._trouble_since is None:
            self._trouble_since = self._heard_at

    async def check(self) -> tuple[bool, str]:
        """Tell whether it works, as far as this process knows, and in words how it is."""
        if self._is_local:
            return True, "videos are made on this machine"
        if self._heard_at is None:
            return True, "this process has not asked it anything since it started"
        if self._trouble is None:
            return True, f"answered at {self._heard_at:%H:%M:%S} UTC"
        return False, f"{self._trouble}, since {self._trouble_since:%H:%M:%S} UTC; asked at {self._heard_at:%H:%M:%S}"


def _trouble(code: str) -> str | None:
    if code in _REFUSALS:
        return _REFUSALS[code]
    return f"it answers {code}" if code.isdigit() and int(code) >= _LOWEST_FAULT else None
