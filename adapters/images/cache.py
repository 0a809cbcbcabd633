"""Fetched images on the disk, named by their URL; limited in bytes and age by a regular sweep."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from adapters.disk import disk_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLimits:
    """What the cache may hold. A file used within `in_use_seconds` stays: a render may read it."""

    most_bytes: int = 1024 * 1024 * 1024
    oldest_seconds: float = 24 * 3600.0
    in_use_seconds: float = 900.0
    sweep_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    path: Path
    size_bytes: int
    fetched_at: float
    used_at: float


class Cache:
    """The folder of fetched images. A file's mtime is when it was fetched, its atime when it was last used."""

    def __init__(self, folder: Path, limits: CacheLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._swept_at: float | None = None

    def place(self, url: str) -> Path:
        """Return where the image behind `url` is, or will be."""
        return self._folder / hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()

    def find(self, url: str) -> Path | None:
        """Return the image and note its use; None where it is missing or too old. Raises DiskTrouble."""
        path = self.place(url)
        now = time.time()
        with disk_errors():
            try:
                fetched_at = path.stat().st_mtime
                if now - fetched_at > self._limits.oldest_seconds:
                    return None
                os.utime(path, (now, fetched_at))
            except FileNotFoundError:
                return None
        return path

    def sweep(self) -> int:
        """Remove what is too old and, oldest use first, what is too much; return how many files. Blocks.

        Does nothing when the last sweep was less than `sweep_seconds` ago.
        """
        now = time.time()
        if self._swept_at is not None and time.monotonic() - self._swept_at < self._limits.sweep_seconds:
            return 0
        self._swept_at = time.monotonic()
        entries = sorted(self._entries(), key=lambda entry: entry.used_at)
        surplus = sum(entry.size_bytes for entry in entries) - self._limits.most_bytes
        removed = 0
        for entry in entries:
            too_old = now - entry.fetched_at > self._limits.oldest_seconds
            if now - entry.used_at < self._limits.in_use_seconds or not (too_old or surplus > 0):
                continue
            entry.path.unlink(missing_ok=True)
            surplus -= entry.size_bytes
            removed += 1
        return removed

    def _entries(self) -> list[_Entry]:
        """All files, also the parts of a killed process."""
        entries = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                facts = path.lstat()
                used_at = max(facts.st_atime, facts.st_mtime)
                entries.append(_Entry(path=path, size_bytes=facts.st_size, fetched_at=facts.st_mtime, used_at=used_at))
        return entries
