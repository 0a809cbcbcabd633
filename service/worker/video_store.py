"""The port of stored videos."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from domain.videos import StoredVideo


class VideoStore(Protocol):
    """The stored videos: `videos/{job_id}/final.mp4` and a thumbnail beside it."""

    async def fetch(self, job_id: str, url: str, *, epoch: int) -> Path:
        """Download the output to a part file beside the final one, and return the part file.

        Its name contains the lease's epoch, so that two workers never write one file. May be repeated: an existing part
        is continued. Raises Unavailable (try again), Refused (never will).
        """

    async def keep(self, job_id: str, part: Path, *, url: str, confirm: Callable[[], Awaitable[None]]) -> StoredVideo:
        """Validate the part that was fetched from `url`, flush it, make the thumbnail, and rename it to the final name.

        `confirm` is awaited right before the rename: a worker that lost its lease raises there. An invalid part is
        removed. Raises Refused (`Downloaded file is empty`, `Not a valid video: …`), Unavailable (the disk is full).
        """

    async def sweep(self, job_id: str) -> None:
        """Remove the part files of a job that has ended."""

    async def inspect(self, job_id: str, *, url: str | None = None) -> StoredVideo | None:
        """Validate and hash the final file; None when there is none or it is invalid.

        With `url`, only a file that was kept from that URL counts: the file may be an older render's video.
        """
