"""The clocks of this machine and new ids. The module itself fulfils the service's port `Clock`."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import uuid_utils


def now() -> datetime:
    """Return the time now, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds that never go back."""
    return time.monotonic()


def new_id() -> str:
    """Return a new UUIDv7: unique, and sorted by time (RFC 9562)."""
    return str(uuid_utils.uuid7())
