"""The only errors that cross a room's border.

    ReelwrightError
    ├── IllegalMove              the table of legal moves has no such arrow
    ├── VersionConflict          somebody else wrote first: load and decide again
    ├── Fenced                   another worker holds the lease: stop
    ├── Unavailable              try again, after retry_after_seconds where it is known
    │   ├── DiskTrouble          this machine's own disk is full or broken: a person can mend it
    │   └── OutcomeUnknown       it was sent and no answer tells whether it took effect: look before doing it again
    └── Refused                  never will, however often it is tried
        └── NotFound             there is no such thing

Adapters translate every lower error into one of these, `raise … from error`.
"""

from __future__ import annotations


class ReelwrightError(Exception):
    """The root of every expected error; its text is meant for a person."""


class IllegalMove(ReelwrightError):
    """The table of legal moves has no such arrow."""


class VersionConflict(ReelwrightError):
    """The job moved on since it was loaded."""


class Fenced(ReelwrightError):
    """The lease this write relied on belongs to somebody else now."""


class Unavailable(ReelwrightError):
    """A dependency is away, busy or full; trying again later may help."""

    def __init__(self, reason: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class DiskTrouble(Unavailable):
    """This machine's own disk is full or broken; a person can mend it, and until then the work waits."""


class OutcomeUnknown(Unavailable):
    """The request was sent and no answer tells whether it took effect."""


class Refused(ReelwrightError):
    """It will never work, however often it is tried."""


class NotFound(Refused):
    """There is no such thing."""
