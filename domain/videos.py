"""A video in our own place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVideo:
    """A file that was validated and is in its place."""

    size_bytes: int
    sha256: str
    duration_seconds: float
    width: int
    height: int
    codec: str
