"""How an existing row of the read model is overwritten: the same SQL on both dialects."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.sql.tables import JOB_COLUMNS, RENDER_COLUMNS


def _overwrite(columns: Iterable[str], *, kept: frozenset[str]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in columns if name not in kept)


_JOB_CHANGES = _overwrite(JOB_COLUMNS, kept=frozenset({"job_id", "created_at", "created_position"}))
_RENDER_CHANGES = _overwrite(RENDER_COLUMNS, kept=frozenset({"token", "requested_at"}))

ON_JOB_CONFLICT = f"ON CONFLICT (job_id) DO UPDATE SET {_JOB_CHANGES}"

# The time of the last request stays, unless this write holds a new request for the same token.
ON_RENDER_CONFLICT = (
    f"ON CONFLICT (token) DO UPDATE SET {_RENDER_CHANGES}, "
    "requested_at = COALESCE(NULLIF(excluded.requested_at, ''), renders.requested_at)"
)
