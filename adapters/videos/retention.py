"""Video files that are kept long enough: they go, and a note beside them says when and why. No event tells of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

import msgspec

from adapters.disk import disk_failure, flush

VIDEO, THUMBNAIL, NOTE = "final.mp4", "thumbnail.jpg", "removed.json"
PLACE = "the videos"


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """The note: when the files went, and why."""

    removed_at: str
    reason: str


def read_removal(video: Path) -> Removal | None:
    """Return the note beside a video's place, None when there is none. Blocks for a moment."""
    try:
        return msgspec.json.decode(video.with_name(NOTE).read_bytes(), type=Removal)
    except (OSError, msgspec.DecodeError):
        return None


class OldVideoFiles:
    """Looks through `videos/` below `root` and removes what is kept no longer; another machine looks after its own."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "videos"

    async def pages(self, *, before: datetime, most: int) -> Sequence[Sequence[str]]:
        """Return the jobs whose video was written before a moment, in pages. Raises DiskTrouble."""
        try:
            return await asyncio.to_thread(self._pages, before, most)
        except OSError as error:
            raise disk_failure(error, place=PLACE) from error

    async def remove(self, job_id: str, *, before: datetime, removal: Removal) -> int:
        """Write the note, then remove video and thumbnail if the video is still that old; return the bytes freed.

        May be repeated. Raises DiskTrouble.
        """
        try:
            return await asyncio.to_thread(_remove, self._folder / job_id, before, removal)
        except OSError as error:
            raise disk_failure(error, place=PLACE) from error

    def _pages(self, before: datetime, most: int) -> list[list[str]]:
        names = self._written_before(before)
        return [*iter(lambda: [*islice(names, most)], [])]

    def _written_before(self, before: datetime) -> Iterator[str]:
        if not self._folder.is_dir():
            return
        with os.scandir(self._folder) as homes:
            for home in homes:
                if _is_older(Path(home.path) / VIDEO, before):
                    yield home.name


def _is_older(video: Path, before: datetime) -> bool:
    try:
        return video.stat().st_mtime < before.timestamp()
    except OSError:
        return False


def _remove(home: Path, before: datetime, removal: Removal) -> int:
    """The note comes first: where a file is gone, there is its reason."""
    video = home / VIDEO
    if not _is_older(video, before):
        return 0
    fresh = home / f".{NOTE}.{os.getpid()}"
    fresh.write_bytes(msgspec.json.encode(removal))
    flush(fresh)
    fresh.replace(home / NOTE)
    flush(home)
    files = [path for path in (video, home / THUMBNAIL) if path.exists()]
    freed = sum(path.stat().st_size for path in files)
    for path in files:
        path.unlink(missing_ok=True)
    return freed
