"""The video store on a local disk: parts are written beside the final place, validated, flushed and renamed."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.disk import flush, in_thread
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

Downloader = Callable[[str, Path], Awaitable[None]]
"""Downloads a URL into a part file, or resumes it. Raises Unavailable (try again), Refused (never will)."""


class VideoFiles:
    """Keeps `videos/{job_id}/final.mp4` and `thumbnail.jpg` below `root`, the data directory."""

    def __init__(self, root: Path, staging_dir: Path, download: Downloader) -> None:
        self._folder = root / "videos"
        self._staging = Staging(staging_dir)
        self._download = download

    def path(self, job_id: str) -> Path:
        """Return where the video of a job is, or will be. Raises Refused for what cannot be a job_id."""
        return self._job_folder(job_id) / "final.mp4"

    def thumbnail(self, job_id: str) -> Path:
        """Return where the thumbnail of a job's video is, or will be."""
        return self._job_folder(job_id) / "thumbnail.jpg"

    def removal(self, job_id: str) -> str | None:
        """Return when and why the files of a job were removed; None where they were not removed on purpose."""
        removal = read_removal(self.path(job_id))
        return None if removal is None else f"was removed at {removal.removed_at}: {removal.reason}"

    async def fetch(self, job_id: str, url: str, *, epoch: int) -> Path:
        """Fetch the output into the part file of this epoch; an existing part is resumed."""
        part = self._job_folder(job_id) / f".{epoch}.part"
        await in_thread(PLACE, _make_folder, part.parent)
        if url.startswith(SCHEME):
            await in_thread(PLACE, _link, self._staging.resolve(url), part)
        elif url.startswith(("https://", "http://")):
            await self._download(url, part)
        else:
            raise Refused(f"Not an address of a video: {url[:80]!r}")
        return part

    async def keep(
        self, job_id: str, part: Path, *, url: str, confirm: Callable[[], Awaitable[None]] | None = None
    ) -> StoredVideo:
        """Validate the part, which was fetched from `url`, flush it and rename it into place.

        `confirm` is awaited right before the rename: it raises where the worker lost its lease, and the file of the
        next worker stays. A refused part is removed, so that the next fetch begins at zero.
        """
        video, thumbnail = self.path(job_id), part.with_name(f"{part.stem}.jpg.part")
        stored = await in_thread(PLACE, _validate, part, thumbnail)
        if confirm is not None:
            await confirm()
        await in_thread(PLACE, write_origin, video, url, sha256=stored.sha256)
        await in_thread(PLACE, _move_into_place, thumbnail, self.thumbnail(job_id), part, video)
        return stored

    async def inspect(self, job_id: str, *, url: str | None = None) -> StoredVideo | None:
        """Validate and hash the stored file; None where there is none or it is not valid.

        With `url`, only a file that came from there counts.
        """
        video = self.path(job_id)
        stored = await in_thread(PLACE, _read_if_valid, video)
        if stored is None or url is None:
            return stored
        return stored if await in_thread(PLACE, came_from, video, url, sha256=stored.sha256) else None

    async def sweep(self, job_id: str) -> None:
        """Remove the parts of unfinished attempts; for a job that has ended."""
        await in_thread(PLACE, _remove_parts, self._job_folder(job_id))

    def _job_folder(self, job_id: str) -> Path:
        if not JOB_ID.fullmatch(job_id):
            raise Refused(f"Not a job_id: {job_id[:80]!r}")
        return self._folder / job_id


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        flush(folder.parent)


def _link(staged: Path, part: Path) -> None:
    """Link it, so that after a crash it is still there for another worker."""
    part.unlink(missing_ok=True)
    try:
        os.link(staged, part)
    except FileNotFoundError as error:
        raise NotFound(f"The rendered video {staged.name} is no longer in the staging folder") from error
    except OSError:
        # Another disk, or a file system without hard links.
        shutil.copyfile(staged, part)


@contextmanager
def _codec_errors() -> Iterator[None]:
    """Turn every exception of a codec into Refused; errors of the disk pass."""
    try:
        yield
    except (Refused, OSError):
        raise
    except Exception as error:
        raise Refused(f"Not a valid video: {type(error).__name__}: {str(error)[:LONGEST_REASON]}") from error


def _validate(part: Path, thumbnail: Path) -> StoredVideo:
    try:
        stored = _read(part)
        with _codec_errors():
            save_thumbnail(part, thumbnail, duration_seconds=stored.duration_seconds)
    except Refused:
        for leftover in (part, thumbnail, note_of(part)):
            leftover.unlink(missing_ok=True)
        raise
    flush(thumbnail)
    flush(part)
    return stored


def _read(path: Path) -> StoredVideo:
    with _codec_errors():
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


def _read_if_valid(path: Path) -> StoredVideo | None:
    try:
        return _read(path)
    except (Refused, FileNotFoundError):
        return None


def _move_into_place(thumbnail_part: Path, thumbnail: Path, part: Path, video: Path) -> None:
    """Rename both, the thumbnail first: every video has one."""
    thumbnail_part.replace(thumbnail)
    part.replace(video)
    note_of(part).unlink(missing_ok=True)
    flush(video.parent)


def _remove_parts(home: Path) -> None:
    for part in home.glob(".*.part*"):
        part.unlink(missing_ok=True)
