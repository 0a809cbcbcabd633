"""Images for the provider: through its files API, where an upload also marks a request, or inline as data URLs."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from weakref import WeakValueDictionary

from adapters.images.store import ImageStore
from adapters.renderers.replicate.client import NoFilesApi, ReplicateClient, UploadedFile
from adapters.renderers.replicate.comparing import FileFacts
from adapters.renderers.replicate.mapping import ModelInput, SceneImage, Value, data_url_bytes
from domain.errors import Refused, Unavailable
from domain.images import JPEG, PNG, WEBP, image_type
from domain.lru import Lru

LARGEST_DATA_URL_BYTES = 256 * 1024
MOST_REMEMBERED_FILES = 10_000
VALID_FOR_ANOTHER = timedelta(hours=1)
"""A file that expires sooner is uploaded again: a render may start late."""

_SUFFIXES = {JPEG: "jpg", PNG: "png", WEBP: "webp"}


def mark_of(token: str) -> str:
    """Return how the names of the uploads for one request begin."""
    return f"reelwright-{re.sub(r'[^A-Za-z0-9_-]', '_', token)}-"


class SentImages:
    """Turns the images of an input into URLs for the provider."""

    def __init__(self, client: ReplicateClient, images: ImageStore, *, now: Callable[[], datetime]) -> None:
        self._client = client
        self._images = images
        self._now = now
        self._uploaded: Lru[str, UploadedFile] = Lru(MOST_REMEMBERED_FILES)
        self._facts: Lru[str, FileFacts] = Lru(MOST_REMEMBERED_FILES)
        self._uploading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def marked(self, model_input: ModelInput, mark: str) -> dict[str, str]:
        """Upload every image that we send, for one request alone, and return the addresses by SHA-256.

        Returns no address where there is nothing to upload, or no files API and only small images.
        Raises Unavailable, Refused: nothing was created.
        """
        addresses: dict[str, str] = {}
        for image in _ours(model_input):
            content = await self._read(image)
            try:
                addresses[image.sha256 or ""] = await self._upload(mark, image, content)
            except NoFilesApi:
                if len(content) > LARGEST_DATA_URL_BYTES:
                    raise
        return addresses

    async def shared(self, model_input: ModelInput) -> dict[str, str]:
        """Upload what is too large for the input, each content once, and return the addresses by SHA-256.

        Raises Unavailable, Refused: nothing was created.
        """
        addresses: dict[str, str] = {}
        for image in _ours(model_input):
            content = await self._read(image)
            if len(content) > LARGEST_DATA_URL_BYTES:
                addresses[image.sha256 or ""] = await self._upload("", image, content)
        return addresses

    async def sendable(self, model_input: ModelInput, addresses: Mapping[str, str]) -> dict[str, object]:
        """Return the input with a URL in place of every image, and upload nothing.

        Raises Unavailable, Refused: nothing was created.
        """
        return {name: await self._sent(value, addresses) for name, value in model_input.items()}

    async def facts_of(self, url: str) -> FileFacts | None:
        """Return what is known of an upload, None where there is none. Raises Unavailable."""
        if url not in self._facts:
            try:
                file = await self._client.file(url)
            except Refused:
                return None
            self._facts[url] = FileFacts(name=file.name, sha256=file.sha256)
        return self._facts[url]

    async def _sent(self, value: Value, addresses: Mapping[str, str]) -> object:
        match value:
            case SceneImage(sha256=None):
                return value.url
            case SceneImage(sha256=str(sha256)):
                return addresses.get(sha256) or await self._data_url(value)
            case list():
                return [await self._sent(part, addresses) for part in value]
            case dict():
                return {name: await self._sent(part, addresses) for name, part in value.items()}
            case _:
                return value

    async def _data_url(self, image: SceneImage) -> str:
        if image.url[:5].lower() == "data:":
            return image.url
        content = await self._read(image)
        return f"data:{_content_type(content)};base64,{base64.b64encode(content).decode()}"

    async def _upload(self, mark: str, image: SceneImage, content: bytes) -> str:
        name = f"{mark}{image.sha256}.{_SUFFIXES.get(_content_type(content), 'bin')}"
        async with self._uploading.setdefault(name, asyncio.Lock()):
            file = self._uploaded.get(name)
            if file is None or not self._is_valid(file):
                file = await self._client.upload(name, content, _content_type(content))
                self._uploaded[name] = file
                self._facts[file.url] = FileFacts(name=name, sha256=image.sha256)
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


def _ours(value: Value) -> Iterator[SceneImage]:
    """Yield the images of which we send the bytes, each content once."""
    found = {image.sha256: image for image in _images(value) if image.sha256 is not None}
    yield from found.values()


def _images(value: Value) -> Iterator[SceneImage]:
    if isinstance(value, SceneImage):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _images(part)


def _content_type(content: bytes) -> str:
    return image_type(content) or "application/octet-stream"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unavailable(f"a stored image cannot be read: {error.strerror}") from error
