"""Images of scenes as local files, for every kind of URL that a scene may have."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import FileIO
from pathlib import Path

import structlog

from adapters.images.cache import Cache, CacheLimits
from adapters.images.data_url import read_data_url
from adapters.images.files import move_into_place, part_beside
from adapters.images.uploads import Uploads
from adapters.outbound.client import Outbound
from adapters.outbound.disk import DiskWriter
from domain.errors import NotFound, ReelwrightError, Refused
from domain.images import LARGEST_IMAGE_BYTES

LONGEST_FETCH_SECONDS = 120.0
MOST_FETCHES = 16

_UPLOADED = re.compile(r"/api/images/([0-9a-f]{64})", re.ASCII)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.ASCII | re.IGNORECASE)
_WANTED = "an http or https address, a data URL or /api/images/… of an uploaded image is wanted"

log = structlog.get_logger()

Fill = Callable[[FileIO], Awaitable[None]]


class _RunningFetch:
    """One fetch. Callers that come meanwhile share its result, also its error."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.callers = 0
        self.failure: ReelwrightError | None = None


class ImageStore:
    """Images below `folder`: uploaded ones by their hash, fetched ones in a bounded cache beside them."""

    def __init__(self, folder: Path, *, outbound: Outbound, limits: CacheLimits | None = None) -> None:
        self._uploads = Uploads(folder)
        self._cache = Cache(folder / "fetched", limits or CacheLimits())
        self._outbound = outbound
        self._running: dict[str, _RunningFetch] = {}
        self._fetches = asyncio.Semaphore(MOST_FETCHES)
        # Decoding takes up to 200 MB: one image at a time.
        self._decoding = asyncio.Lock()

    async def fetch(self, url: str) -> Path:
        """Return a local file with the image behind `url`.

        Raises Refused (no image, a forbidden address, gone for ever), Unavailable (try again).
        """
        if uploaded := _UPLOADED.fullmatch(url):
            path = self._uploads.stored(uploaded.group(1))
            if path is None:
                raise NotFound(f"no image {uploaded.group(1)[:12]}… was uploaded")
            return path
        match _scheme(url):
            case "http" | "https":
                return await self._cached(url, lambda file: self._download(url, file))
            case "data":
                return await self._cached(url, lambda file: _decode(url, file))
            case "":
                raise Refused(f"a path on a disk is not an image's address: {_WANTED}")
            case scheme:
                raise Refused(f"{scheme}: addresses are not read: {_WANTED}")

    async def keep(self, data: bytes) -> str:
        """Decode the image, store it and return its SHA-256 (hex). Raises Refused, Unavailable."""
        async with self._decoding:
            return await asyncio.to_thread(self._uploads.keep, data)

    def stored(self, sha256: str) -> Path | None:
        """Return the file of an uploaded image."""
        return self._uploads.stored(sha256)

    async def _cached(self, url: str, fill: Fill) -> Path:
        place = self._cache.place(url)
        async with self._turn(place.name) as fetch:
            if fetch.failure is not None:
                raise fetch.failure
            found = await asyncio.to_thread(self._cache.find, url)
            if found is not None:
                return found
            try:
                return await self._fetch_into(place, fill)
            except ReelwrightError as error:
                fetch.failure = error
                raise

    @asynccontextmanager
    async def _turn(self, key: str) -> AsyncIterator[_RunningFetch]:
        """Wait for our turn with one image."""
        fetch = self._running.setdefault(key, _RunningFetch())
        fetch.callers += 1
        try:
            async with fetch.lock:
                yield fetch
        finally:
            fetch.callers -= 1
            if fetch.callers == 0:
                del self._running[key]

    async def _fetch_into(self, place: Path, fill: Fill) -> Path:
        async with self._fetches:
            with part_beside(place) as (part, file):
                await fill(file)
                async with self._decoding:
                    await asyncio.to_thread(move_into_place, part, file, place)
        removed = await asyncio.to_thread(self._cache.sweep)
        if removed:
            log.info("images_swept", files=removed)
        return place

    async def _download(self, url: str, file: FileIO) -> None:
        async with self._outbound.get(url) as answer:
            await answer.save(file, most_bytes=LARGEST_IMAGE_BYTES, within_seconds=LONGEST_FETCH_SECONDS)


async def _decode(url: str, file: FileIO) -> None:
    data = await asyncio.to_thread(read_data_url, url, most_bytes=LARGEST_IMAGE_BYTES)
    writer = DiskWriter(file)
    await writer.add(data)
    await writer.flush()


def _scheme(url: str) -> str:
    """Return the scheme in lower case; a drive letter (`C:`) is none."""
    found = _SCHEME.match(url)
    return found.group(1).lower() if found is not None and len(found.group(1)) > 1 else ""
