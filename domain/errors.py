"""The only errors that cross a room's border.

    ReelwrightError
    ├── IllegalMove              the table of legal moves has no such arrow
    ├── VersionConflict          somebody else wrote first: load and decide again
    ├── Fenced                   another worker has the lease: stop
    ├── Unavailable              try again, after retry_after_seconds where it is known
    │   ├── DiskTrouble          this machine's own disk is full or broken: a person can repair it
    │   └── OutcomeUnknown       it was sent, and nobody knows whether it took effect: check before it is sent again
    └── Refused                  it never will succeed, however often it is tried
        └── NotFound             it does not exist

Adapters translate every lower error into one of these, `raise … from error`.
"""

from __future__ import annotations


class ReelwrightError(Exception):
    """The root of every expected error; its text is for people."""


class IllegalMove(ReelwrightError):
    """The table of legal moves has no such arrow."""


class VersionConflict(ReelwrightError):
    """The job has changed since it was loaded."""


class Fenced(ReelwrightError):
    """Another worker has the lease that this write needs."""


class Unavailable(ReelwrightError):
    """A dependency is away, busy or full; trying again later may help."""

    def __init__(self, reason: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class DiskTrouble(Unavailable):
    """This machine's own disk is full or broken; the work waits until a person repairs it."""


class OutcomeUnknown(Unavailable):
    """The request was sent, and nobody knows whether it took effect."""


class Refused(ReelwrightError):
    """It will never succeed, however often it is tried."""


class NotFound(Refused):
    """It does not exist."""
