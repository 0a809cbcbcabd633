"""The wall clock and the source of new names: the only module that asks for either."""

from __future__ import annotations

from datetime import UTC, datetime

import uuid_utils


def now() -> datetime:
    """Return the time now, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a new UUIDv7: unique for ever, and sorting by time (RFC 9562)."""
    return str(uuid_utils.uuid7())
