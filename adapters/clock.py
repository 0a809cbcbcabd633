"""The clocks of this machine and the source of new ids. As a module it has the form of the service's `Clock`."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import uuid_utils


def now() -> datetime:
    """Return the time now, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds that never go back, whatever happens to the wall clock."""
    return time.monotonic()


def new_id() -> str:
    """Return a new UUIDv7: unique for ever, and sorting by time (RFC 9562)."""
    return str(uuid_utils.uuid7())
