"""The port of finished videos."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from domain.videos import StoredVideo


class VideoStore(Protocol):
    """Where finished videos are kept: `videos/{job_id}/final.mp4` and a thumbnail beside it."""

    def path(self, job_id: str) -> Path:
        """Return where the video of a job is, or will be."""

    async def fetch(self, job_id: str, url: str, *, epoch: int) -> Path:
        """Bring the output to a part file beside the final place and return that file.

        The part's name carries the lease's epoch, so that two workers never write one file. May be repeated: a part
        that is there is gone on with. Raises Unavailable (try again), Refused (never will).
        """

    async def keep(self, job_id: str, part: Path, *, url: str, confirm: Callable[[], Awaitable[None]]) -> StoredVideo:
        """Validate what was fetched from `url`, flush it, make the thumbnail and rename; the part is gone afterwards.

        `confirm` is awaited right before the rename: a worker that lost its lease raises there.

        Raises Refused (`Downloaded file is empty`, `Not a valid video: …`), Unavailable (the disk is full).
        """

    async def sweep(self, job_id: str) -> None:
        """Remove what unfinished attempts left behind, for a job that has ended."""

    async def inspect(self, job_id: str, *, url: str | None = None) -> StoredVideo | None:
        """Validate and hash the file in its place, however it came there; None when there is none or it is bad.

        With `url`, only a file that was kept from there counts: an older render's video may still be in the place.
        """
