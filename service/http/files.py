"""A file on its way to a reader: conditions, ranges, and chunks that are read in threads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from domain.images import SIGNATURE_BYTES, image_type
from service.http.problems import Problem
from service.http.ranges import ByteRange, NotSatisfiable, matches, range_holds, read_range

CHUNK_BYTES: Final = 256 * 1024
POLICY: Final = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
"""A browser shows a film or an image in a page of its own making, which has styles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFile:
    """A file as it is to be given. `etag` is without quotes; the size is what the file must have."""

    path: Path
    size_bytes: int
    etag: str
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


async def size_of(path: Path) -> int | None:
    """Return the size of a file in bytes, None where there is none."""
    try:
        facts = await asyncio.to_thread(path.stat)
    except OSError:
        return None
    return facts.st_size


async def media_type_of(path: Path) -> str:
    """Return the media type of a stored image by how it begins. Raises OSError."""
    return image_type(await asyncio.to_thread(_beginning, path)) or "application/octet-stream"


async def give(request: Request, file: ServedFile) -> Response:
    """Answer GET or HEAD for a file. Raises Problem (412, 416), OSError when it cannot be opened."""
    etag = f'"{file.etag}"'
    headers = {"ETag": etag, "Content-Security-Policy": POLICY, "Cache-Control": "private, no-cache", **file.headers}
    asked = request.headers
    if "if-match" in asked and not matches(asked["if-match"], etag, weakly=False):
        raise Problem("precondition_failed", f"The file's ETag is {etag}", headers={"ETag": etag})
    if "if-none-match" in asked and matches(asked["if-none-match"], etag, weakly=True):
        return Response(status_code=304, headers=headers)
    headers["Accept-Ranges"] = "bytes"
    if request.method == "HEAD":
        return Response(headers={**headers, "Content-Length": str(file.size_bytes)}, media_type=file.media_type)
    span = _span(request, file, etag)
    return await _send(file, span, headers)


def _span(request: Request, file: ServedFile, etag: str) -> ByteRange | None:
    if not range_holds(request.headers.get("if-range"), etag):
        return None
    try:
        return read_range(request.headers.get("range"), size_bytes=file.size_bytes)
    except NotSatisfiable as error:
        raise Problem(
            "range_not_satisfiable",
            f"The file has {file.size_bytes} bytes",
            headers={"Content-Range": f"bytes */{file.size_bytes}", "ETag": etag},
        ) from error


async def _send(file: ServedFile, span: ByteRange | None, headers: dict[str, str]) -> Response:
    status = 200
    if span is None:
        span = ByteRange(first=0, last=file.size_bytes - 1)
    else:
        status = 206
        headers["Content-Range"] = f"bytes {span.first}-{span.last}/{file.size_bytes}"
    headers["Content-Length"] = str(span.size_bytes)
    handle = await asyncio.to_thread(FileIO, file.path)
    return _FileResponse(handle, span, status_code=status, headers=headers, media_type=file.media_type)


class _FileResponse(StreamingResponse):
    """Sends a span of an open file and closes it, whether the reader stays or leaves."""

    def __init__(
        self, handle: FileIO, span: ByteRange, *, status_code: int, headers: Mapping[str, str], media_type: str
    ) -> None:
        super().__init__(_chunks(handle, span), status_code=status_code, headers=headers, media_type=media_type)
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._handle.close()


async def _chunks(handle: FileIO, span: ByteRange) -> AsyncIterator[bytes]:
    at = span.first
    while at <= span.last:
        chunk = await asyncio.to_thread(os.pread, handle.fileno(), min(CHUNK_BYTES, span.last + 1 - at), at)
        if not chunk:
            raise OSError("the file became shorter while it was sent")
        at += len(chunk)
        yield chunk


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SIGNATURE_BYTES)
