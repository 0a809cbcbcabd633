"""The video store on a local file system: parts are written beside the final place, validated, flushed and renamed."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from adapters.disk import disk_failure, flush
from adapters.videos.origin import came_from, write_origin
from adapters.videos.probe import probe
from adapters.videos.resume import note_of
from adapters.videos.retention import read_removal
from adapters.videos.staging import SCHEME, Staging
from adapters.videos.thumbnail import save_thumbnail
from domain.errors import NotFound, Refused
from domain.job_id import JOB_ID
from domain.videos import StoredVideo

PLACE = "the videos"
LONGEST_REASON = 200
P = ParamSpec("P")
T = TypeVar("T")


class Downloader(Protocol):
    """Brings what is behind an http(s) URL into a part file, or goes on with the part that is there."""

    async def __call__(self, url: str, part: Path) -> None:
        """Raises Unavailable (try again), Refused (never will)."""


class VideoFiles:
    """Keeps `videos/{job_id}/final.mp4` and `thumbnail.jpg` below `root`, the data directory."""

    def __init__(self, root: Path, staging_dir: Path, download: Downloader) -> None:
        self._folder = root / "videos"
        self._staging = Staging(staging_dir)
        self._download = download

    def path(self, job_id: str) -> Path:
        """Return where the video of a job is, or will be. Raises Refused for what cannot be a job_id."""
        return self._home(job_id) / "final.mp4"

    def thumbnail(self, job_id: str) -> Path:
        """Return where the thumbnail of a job's video is, or will be."""
        return self._home(job_id) / "thumbnail.jpg"

    def removal(self, job_id: str) -> str | None:
        """Say when and why the files of a job were removed; None where nobody removed them on purpose."""
        removal = read_removal(self.path(job_id))
        return None if removal is None else f"was removed at {removal.removed_at}: {removal.reason}"

    async def fetch(self, job_id: str, url: str, *, epoch: int) -> Path:
        """Bring the output to this epoch's part file; a part that is there is gone on with."""
        part = self._home(job_id) / f".{epoch}.part"
        await _in_thread(_make_folder, part.parent)
        if url.startswith(SCHEME):
            await _in_thread(_take, self._staging.resolve(url), part)
        elif url.startswith(("https://", "http://")):
            await self._download(url, part)
        else:
            raise Refused(f"Not an address of a video: {url[:80]!r}")
        return part

    async def keep(
        self, job_id: str, part: Path, *, url: str, confirm: Callable[[], Awaitable[None]] | None = None
    ) -> StoredVideo:
        """Validate the part, which was fetched from `url`, flush it and rename it into place.

        `confirm` is awaited right before the rename: a worker that lost its lease meanwhile raises there, and what
        another one has put in place stays. A refused part is removed, so that the next fetch begins anew.
        """
        video, still = self.path(job_id), _still(part)
        stored = await _in_thread(_examine, part, still)
        if confirm is not None:
            await confirm()
        await _in_thread(write_origin, video, url, sha256=stored.sha256)
        await _in_thread(_put, still, self.thumbnail(job_id), part, video)
        return stored

    async def inspect(self, job_id: str, *, url: str | None = None) -> StoredVideo | None:
        """Validate and hash the file in its place, however it came there; None when there is none or it is bad.

        With `url`, only a file that was kept from there counts.
        """
        video = self.path(job_id)
        there = await _in_thread(_read_if_good, video)
        if there is None or url is None:
            return there
        return there if await _in_thread(came_from, video, url, sha256=there.sha256) else None

    async def sweep(self, job_id: str) -> None:
        """Remove what unfinished attempts left behind; for a job that has ended."""
        await _in_thread(_remove_parts, self._home(job_id))

    def _home(self, job_id: str) -> Path:
        if not JOB_ID.fullmatch(job_id):
            raise Refused(f"Not a job_id: {job_id[:80]!r}")
        return self._folder / job_id


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except OSError as error:
        raise disk_failure(error, place=PLACE) from error


def _still(part: Path) -> Path:
    return part.with_name(f"{part.stem}.jpg.part")


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        flush(folder.parent)


def _take(staged: Path, part: Path) -> None:
    """Give the staged file a second name, so that it is still there for another worker after a crash."""
    part.unlink(missing_ok=True)
    try:
        os.link(staged, part)
    except FileNotFoundError as error:
        raise NotFound(f"The rendered video {staged.name} is no longer in the staging folder") from error
    except OSError:
        # Another disk, or a file system without hard links.
        shutil.copyfile(staged, part)


@contextmanager
def _read_by_a_codec() -> Iterator[None]:
    """Whatever a codec raises, the file is what is wrong; the disk's errors stay what they are."""
    try:
        yield
    except (Refused, OSError):
        raise
    except Exception as error:
        raise Refused(f"Not a valid video: {type(error).__name__}: {str(error)[:LONGEST_REASON]}") from error


def _examine(part: Path, still: Path) -> StoredVideo:
    try:
        stored = _read(part)
        with _read_by_a_codec():
            save_thumbnail(part, still, duration_seconds=stored.duration_seconds)
    except Refused:
        for leftover in (part, still, note_of(part)):
            leftover.unlink(missing_ok=True)
        raise
    flush(still)
    flush(part)
    return stored


def _read(path: Path) -> StoredVideo:
    with _read_by_a_codec():
        facts = probe(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return StoredVideo(
        size_bytes=path.stat().st_size,
        sha256=sha256,
        duration_seconds=facts.duration_seconds,
        width=facts.width,
        height=facts.height,
        codec=facts.codec,
    )


def _read_if_good(path: Path) -> StoredVideo | None:
    try:
        return _read(path)
    except (Refused, FileNotFoundError):
        return None


def _put(still: Path, thumbnail: Path, part: Path, video: Path) -> None:
    """Rename both, the image first: where there is a video, there is its image."""
    still.replace(thumbnail)
    part.replace(video)
    note_of(part).unlink(missing_ok=True)
    flush(video.parent)


def _remove_parts(home: Path) -> None:
    for part in home.glob(".*.part*"):
        part.unlink(missing_ok=True)
