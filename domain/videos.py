"""A video that we keep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVideo:
    """A validated file under its final name."""

    size_bytes: int
    sha256: str
    duration_seconds: float
    width: int
    height: int
    codec: str
