"""When to try again. These functions compute waits; the waits are stored as times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """At most `max_retries` after the first try; waits of backoff, 3 x backoff, 9 x backoff … seconds."""

    max_retries: int = 2
    backoff_seconds: float = 30.0

    @property
    def tries_allowed(self) -> int:
        """The first try and its retries."""
        return self.max_retries + 1

    def wait_seconds(self, tries: int) -> float | None:
        """Return the seconds to wait after the `tries`-th failed try (from 1), None after the last one."""
        # Rounded, since 3 x 0.2 s would be stored and shown as 0.6000000000000001 s.
        return round(self.backoff_seconds * 3 ** (tries - 1), 6) if tries <= self.max_retries else None


LONGEST_DOWNLOAD_WAIT_SECONDS = 300.0


def download_wait_seconds(tries: int) -> float:
    """Return the seconds to wait after the `tries`-th failed download: 2, 4, 8 … up to 300; a download is free."""
    return min(2.0 ** min(tries, 16), LONGEST_DOWNLOAD_WAIT_SECONDS)
