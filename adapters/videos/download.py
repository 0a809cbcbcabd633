"""Brings a finished render from the provider's file host. One call is one attempt; when to try again is stored."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog

from adapters.disk import disk_failure
from adapters.outbound.answer import Answer, TooLarge
from adapters.outbound.client import Outbound, Resume
from adapters.videos.resume import Kept, begin, forget, read_kept
from domain.errors import DiskTrouble, Refused, Unavailable

SPARE_BYTES = 16 * 1024 * 1024
LONGEST_DOWNLOAD_SECONDS = 3300.0

_WHOLE_OR_REST = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()


class EmptyFile(Unavailable):
    """There is an answer, but no byte in it."""


class Download:
    """Streams what is behind a URL into a part file, at most `most_bytes` of it, in constant memory (below 1 MiB)."""

    def __init__(
        self, outbound: Outbound, *, most_bytes: int, within_seconds: float = LONGEST_DOWNLOAD_SECONDS
    ) -> None:
        self._outbound = outbound
        self._most_bytes = most_bytes
        self._within_seconds = within_seconds

    async def __call__(self, url: str, part: Path) -> None:
        """Complete `part`, going on with what is there where the server still has that version.

        Raises Unavailable (try again: what came so far is kept), Refused (gone, forbidden, too large).
        """
        try:
            await self._bring(url, part)
        except (DiskTrouble, EmptyFile):
            raise
        except TooLarge as error:
            await _on_disk(forget, part)
            limit = f"REELWRIGHT_DOWNLOAD_MAX_BYTES ({self._most_bytes})"
            raise Refused(f"Network error: the file is larger than {limit}") from error
        except Refused as error:
            raise type(error)(f"Network error: {error}") from error
        except Unavailable as error:
            raise Unavailable(f"Network error: {error}", retry_after_seconds=error.retry_after_seconds) from error

    async def _bring(self, url: str, part: Path) -> None:
        kept = await _on_disk(read_kept, part, url)
        if kept is not None and (kept.complete or await self._go_on(url, part, kept)):
            return
        async with self._outbound.get(url) as answer:
            await self._take_whole(url, part, answer)

    async def _go_on(self, url: str, part: Path, kept: Kept) -> bool:
        """Ask for the rest. False: what the server offers does not fit to what we have."""
        resume = Resume(offset=kept.offset, etag=kept.etag)
        async with self._outbound.get(url, resume=resume, accept=_WHOLE_OR_REST) as answer:
            if answer.status == HTTPStatus.OK:
                # The server has another version by now, or knows no ranges.
                await self._take_whole(url, part, answer)
            elif answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return kept.ended_by(answer.headers)
            elif kept.continued_by(answer.headers):
                log.info("download_resumed", source=str(answer.target), offset_bytes=kept.offset)
                await self._take_rest(part, answer, kept)
            else:
                return False
        return True

    async def _take_whole(self, url: str, part: Path, answer: Answer) -> None:
        if answer.length == 0:
            raise EmptyFile("Downloaded file is empty")
        await _on_disk(begin, part, url, answer.headers, total=answer.length)
        await self._save(part, answer, most_bytes=self._most_bytes)
        if await _on_disk(_size, part) == 0:
            raise EmptyFile("Downloaded file is empty")

    async def _take_rest(self, part: Path, answer: Answer, kept: Kept) -> None:
        await self._save(part, answer, most_bytes=self._most_bytes - kept.offset)
        size = await _on_disk(_size, part)
        if kept.total is not None and size != kept.total:
            raise Unavailable(f"{answer.target} sent {size} of {kept.total} bytes")

    async def _save(self, part: Path, answer: Answer, *, most_bytes: int) -> None:
        await _on_disk(_find_room, part, answer.length or 0)
        with await _on_disk(part.open, "ab", buffering=0) as file:
            await answer.save(file, most_bytes=most_bytes, within_seconds=self._within_seconds)


def _find_room(part: Path, size_bytes: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if size_bytes + SPARE_BYTES > free:
        raise DiskTrouble(f"No space left on the disk: {size_bytes} bytes are to come, {free} are free")


def _size(part: Path) -> int:
    return part.stat().st_size


async def _on_disk(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except OSError as error:
        raise disk_failure(error) from error
