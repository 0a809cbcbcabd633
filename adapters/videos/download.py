"""Downloads a finished render from the provider's file host. One call is one attempt."""

from __future__ import annotations

import shutil
from http import HTTPStatus
from pathlib import Path

import structlog

from adapters.disk import in_thread
from adapters.outbound.answer import Answer, TooLarge
from adapters.outbound.client import Outbound, Resume
from adapters.videos.resume import PartialDownload, begin, forget, read_partial
from domain.errors import DiskTrouble, Refused, Unavailable

SPARE_BYTES = 16 * 1024 * 1024
LONGEST_DOWNLOAD_SECONDS = 3300.0

_WHOLE_OR_REST = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})

log = structlog.get_logger()


class EmptyFile(Unavailable):
    """The answer has an empty body."""


class Download:
    """Streams a URL into a part file, at most `most_bytes`, in constant memory (below 1 MiB)."""

    def __init__(
        self, outbound: Outbound, *, most_bytes: int, within_seconds: float = LONGEST_DOWNLOAD_SECONDS
    ) -> None:
        self._outbound = outbound
        self._most_bytes = most_bytes
        self._within_seconds = within_seconds

    async def __call__(self, url: str, part: Path) -> None:
        """Complete `part`; resume where the server still has the same version.

        Raises Unavailable (try again: what came is kept), Refused (gone, forbidden, too large).
        """
        try:
            await self._download(url, part)
        except (DiskTrouble, EmptyFile):
            raise
        except TooLarge as error:
            await in_thread(None, forget, part)
            limit = f"REELWRIGHT_DOWNLOAD_MAX_BYTES ({self._most_bytes})"
            raise Refused(f"Network error: the file is larger than {limit}") from error
        except Refused as error:
            raise type(error)(f"Network error: {error}") from error
        except Unavailable as error:
            raise Unavailable(f"Network error: {error}", retry_after_seconds=error.retry_after_seconds) from error

    async def _download(self, url: str, part: Path) -> None:
        known = await in_thread(None, read_partial, part, url)
        if known is not None and (known.complete or await self._resume(url, part, known)):
            return
        async with self._outbound.get(url) as answer:
            await self._take_whole(url, part, answer)

    async def _resume(self, url: str, part: Path, known: PartialDownload) -> bool:
        """Ask for the rest. False: what the server offers does not continue what we have."""
        resume = Resume(offset=known.offset, etag=known.etag)
        async with self._outbound.get(url, resume=resume, accept=_WHOLE_OR_REST) as answer:
            if answer.status == HTTPStatus.OK:
                # The server has another version now, or does not know ranges.
                await self._take_whole(url, part, answer)
            elif answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return known.ended_by(answer.headers)
            elif known.continued_by(answer.headers):
                log.info("download_resumed", source=str(answer.target), offset_bytes=known.offset)
                await self._take_rest(part, answer, known)
            else:
                return False
        return True

    async def _take_whole(self, url: str, part: Path, answer: Answer) -> None:
        if answer.length == 0:
            raise EmptyFile("Downloaded file is empty")
        await in_thread(None, begin, part, url, answer.headers, total=answer.length)
        await self._save(part, answer, most_bytes=self._most_bytes)
        if (await in_thread(None, part.stat)).st_size == 0:
            raise EmptyFile("Downloaded file is empty")

    async def _take_rest(self, part: Path, answer: Answer, known: PartialDownload) -> None:
        await self._save(part, answer, most_bytes=self._most_bytes - known.offset)
        size = (await in_thread(None, part.stat)).st_size
        if known.total is not None and size != known.total:
            raise Unavailable(f"{answer.target} sent {size} of {known.total} bytes")

    async def _save(self, part: Path, answer: Answer, *, most_bytes: int) -> None:
        await in_thread(None, _check_free_space, part, answer.length or 0)
        with await in_thread(None, part.open, "ab", buffering=0) as file:
            await answer.save(file, most_bytes=most_bytes, within_seconds=self._within_seconds)


def _check_free_space(part: Path, size_bytes: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if size_bytes + SPARE_BYTES > free:
        raise DiskTrouble(f"No space left on the disk: {size_bytes} bytes are to come, {free} are free")
