"""Images for the provider: small ones in the input as data URLs, large ones through its files API."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from weakref import WeakValueDictionary

from adapters.images.store import ImageStore
from adapters.renderers.replicate.client import ReplicateClient, UploadedFile
from adapters.renderers.replicate.mapping import ModelInput, SceneImage, Value, data_url_bytes
from domain.errors import Refused, Unavailable
from domain.images import JPEG, PNG, WEBP, image_type
from domain.lru import Lru

LARGEST_DATA_URL_BYTES = 256 * 1024
MOST_REMEMBERED_FILES = 10_000
VALID_FOR_ANOTHER = timedelta(hours=1)
"""A file that expires sooner is uploaded again: a render may start late."""

_SUFFIXES = {JPEG: "jpg", PNG: "png", WEBP: "webp"}


class SentImages:
    """Turns the images of an input into URLs for the provider; uploads each content once."""

    def __init__(self, client: ReplicateClient, images: ImageStore, *, now: Callable[[], datetime]) -> None:
        self._client = client
        self._images = images
        self._now = now
        self._uploaded: Lru[str, UploadedFile] = Lru(MOST_REMEMBERED_FILES)
        self._content: Lru[str, str | None] = Lru(MOST_REMEMBERED_FILES)
        self._uploading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def sendable(self, model_input: ModelInput) -> dict[str, object]:
        """Return the input with a URL in place of every image. Raises Unavailable, Refused: nothing was created."""
        return {name: await self._sent(value) for name, value in model_input.items()}

    async def content_of(self, url: str) -> str | None:
        """Return the SHA-256 of a file at the provider, None where it is unknown. Raises Unavailable."""
        if url not in self._content:
            try:
                file = await self._client.file(url)
            except Refused:
                return None
            self._content[url] = file.sha256
        return self._content[url]

    async def _sent(self, value: Value) -> object:
        match value:
            case SceneImage():
                return await self._url(value)
            case list():
                return [await self._sent(part) for part in value]
            case dict():
                return {name: await self._sent(part) for name, part in value.items()}
            case _:
                return value

    async def _url(self, image: SceneImage) -> str:
        if image.sha256 is None:
            return image.url
        content = await self._read(image)
        content_type = image_type(content) or "application/octet-stream"
        if len(content) <= LARGEST_DATA_URL_BYTES:
            if image.url[:5].lower() == "data:":
                return image.url
            return f"data:{content_type};base64,{base64.b64encode(content).decode()}"
        async with self._uploading.setdefault(image.sha256, asyncio.Lock()):
            file = self._uploaded.get(image.sha256)
            if file is None or not self._is_valid(file):
                file = await self._client.upload(
                    f"{image.sha256}.{_SUFFIXES.get(content_type, 'bin')}", content, content_type
                )
                self._uploaded[image.sha256] = file
                self._content[file.url] = image.sha256
        return file.url

    async def _read(self, image: SceneImage) -> bytes:
        if image.url[:5].lower() == "data:":
            return data_url_bytes(image.url)
        path = self._images.stored(image.sha256 or "")
        if path is None:
            raise Refused(f"Scene {image.scene}: the image {image.url} was never uploaded here")
        return await asyncio.to_thread(_bytes, path)

    def _is_valid(self, file: UploadedFile) -> bool:
        return file.expires_at is None or file.expires_at > self._now() + VALID_FOR_ANOTHER


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unavailable(f"a stored image cannot be read: {error.strerror}") from error
