"""Answers that are files: conditions, ranges, and chunks that are read in threads."""

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
"""A browser shows a video or an image in a page that it makes itself, with styles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFile:
    """A file to serve. `etag` has no quotes; `size_bytes` is the size that the file must have."""

    path: Path
    size_bytes: int
    etag: str
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


async def size_of(path: Path) -> int | None:
    """Return the size of a file in bytes, None when there is no such file."""
    try:
        return (await asyncio.to_thread(path.stat)).st_size
    except OSError:
        return None


async def media_type_of(path: Path) -> str:
    """Return the media type of a stored image by its first bytes. Raises OSError."""
    return image_type(await asyncio.to_thread(_first_bytes, path)) or "application/octet-stream"


async def file_response(request: Request, file: ServedFile) -> Response:
    """Answer GET or HEAD for a file. Raises Problem (412, 416), OSError when it cannot be opened."""
    etag = f'"{file.etag}"'
    headers = {"ETag": etag, "Content-Security-Policy": POLICY, "Cache-Control": "private, no-cache", **file.headers}
    conditions = request.headers
    if "if-match" in conditions and not matches(conditions["if-match"], etag, weakly=False):
        raise Problem("precondition_failed", f"The file's ETag is {etag}", headers={"ETag": etag})
    if "if-none-match" in conditions and matches(conditions["if-none-match"], etag, weakly=True):
        return Response(status_code=304, headers=headers)
    headers["Accept-Ranges"] = "bytes"
    if request.method == "HEAD":
        return Response(headers={**headers, "Content-Length": str(file.size_bytes)}, media_type=file.media_type)
    return await _content(file, _wanted_range(request, file, etag), headers)


def _wanted_range(request: Request, file: ServedFile, etag: str) -> ByteRange | None:
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


async def _content(file: ServedFile, part: ByteRange | None, headers: dict[str, str]) -> Response:
    status, span = 206 if part else 200, part or ByteRange(first=0, last=file.size_bytes - 1)
    if part:
        headers["Content-Range"] = f"bytes {span.first}-{span.last}/{file.size_bytes}"
    headers["Content-Length"] = str(span.size_bytes)
    handle = await asyncio.to_thread(FileIO, file.path)
    return _FileResponse(handle, span, status_code=status, headers=headers, media_type=file.media_type)


class _FileResponse(StreamingResponse):
    """Sends a span of an open file and closes it, even when the client disconnects."""

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
    offset = span.first
    while offset <= span.last:
        chunk = await asyncio.to_thread(os.pread, handle.fileno(), min(CHUNK_BYTES, span.last + 1 - offset), offset)
        if not chunk:
            raise OSError("the file became shorter while it was sent")
        offset += len(chunk)
        yield chunk


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SIGNATURE_BYTES)
