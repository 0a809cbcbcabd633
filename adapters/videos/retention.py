"""Removes old video files; a note beside them says when and why. There is no event of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from adapters.disk import flush, in_thread

VIDEO, THUMBNAIL, NOTE = "final.mp4", "thumbnail.jpg", "removed.json"
PLACE = "the videos"


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """The note: when the files were removed, and why."""

    removed_at: str
    reason: str


def read_removal(video: Path) -> Removal | None:
    """Return the note beside a video, None where there is none. Blocks."""
    try:
        return msgspec.json.decode(video.with_name(NOTE).read_bytes(), type=Removal)
    except (OSError, msgspec.DecodeError):
        return None


class OldVideoFiles:
    """Removes old files in `videos/` below `root`; every machine has its own."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "videos"

    async def pages(self, *, before: datetime, most: int) -> Sequence[Sequence[str]]:
        """Return the jobs whose video was written before a time, in pages. Raises DiskTrouble."""
        return await in_thread(PLACE, self._pages, before, most)

    async def remove(self, job_id: str, *, before: datetime, removal: Removal) -> int:
        """Write the note, then remove video and thumbnail if the video is that old; return the bytes freed.

        May be repeated. Raises DiskTrouble.
        """
        return await in_thread(PLACE, _remove, self._folder / job_id, before, removal)

    def _pages(self, before: datetime, most: int) -> list[list[str]]:
        if not self._folder.is_dir():
            return []
        with os.scandir(self._folder) as folders:
            names = [folder.name for folder in folders if _is_older(Path(folder.path) / VIDEO, before)]
        return [names[start : start + most] for start in range(0, len(names), most)]


def _is_older(video: Path, before: datetime) -> bool:
    try:
        return video.stat().st_mtime < before.timestamp()
    except OSError:
        return False


def _remove(folder: Path, before: datetime, removal: Removal) -> int:
    """The note comes first: every removed file has its reason."""
    video = folder / VIDEO
    if not _is_older(video, before):
        return 0
    fresh = folder / f".{NOTE}.{os.getpid()}"
    fresh.write_bytes(msgspec.json.encode(removal))
    flush(fresh)
    fresh.replace(folder / NOTE)
    flush(folder)
    files = [path for path in (video, folder / THUMBNAIL) if path.exists()]
    freed = sum(path.stat().st_size for path in files)
    for path in files:
        path.unlink(missing_ok=True)
    return freed
