"""PNG (W3C PNG, third edition): critical chunks are pixels, ancillary ones are metadata and may be damaged."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from PIL.PngImagePlugin import PngStream

from adapters.images.formats.stripped import StrippedImage
from domain.images import PNG_SIGNATURE

_COLOUR_TYPE_AT = 25
_LEAST_TRANSPARENCY_BYTES = {b"\x00": 2, b"\x02": 6, b"\x03": 1}
_MOST_TRANSPARENCY_BYTES = 256
"""By colour type: grey, RGB, palette. The others have an alpha channel."""

_HEADER_BYTES, _CHECKSUM_BYTES = 8, 4
_BLOCK_BYTES = 64 * 1024

_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_KEYWORDS = {b"XML:com.adobe.xmp", b"Raw profile type exif", b"exif"}
"""The texts that may hold an orientation. Others are not read: Pillow could take them for its own values."""

_LONGEST_KEYWORD = 79
_METADATA: dict[str, type[bytes | str]] = {
    "exif": bytes,
    "icc_profile": bytes,
    "xmp": bytes,
    "Raw profile type exif": str,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    kind: bytes
    start: int
    length: int

    @property
    def body(self) -> int:
        return self.start + _HEADER_BYTES

    @property
    def stop(self) -> int:
        return self.body + self.length + _CHECKSUM_BYTES

    @property
    def is_critical(self) -> bool:
        return self.kind[:1].isupper()


def strip_png(file: BinaryIO, stripped: StrippedImage) -> None:
    """Keep the critical chunks up to the last IDAT of the first row of them, and a valid tRNS.

    Raises ValueError where a critical chunk has a wrong checksum: Pillow does not check that of IDAT.
    """
    file.seek(_COLOUR_TYPE_AT)
    least_transparency = _LEAST_TRANSPARENCY_BYTES.get(file.read(1), 0)
    done: set[bytes] = set()
    end, pixels_end = len(PNG_SIGNATURE), 0
    stripped.keep(0, end)
    for chunk in _chunks(file, stripped.size_bytes):
        stripped.count()
        if chunk.is_critical:
            if not pixels_end or (chunk.kind == b"IDAT" and chunk.start == pixels_end):
                if not _is_intact(file, chunk):
                    raise ValueError(f"{chunk.kind.decode()} is cut or its checksum is wrong")
                stripped.keep(chunk.start, chunk.stop)
                pixels_end = chunk.stop if chunk.kind == b"IDAT" else 0
        elif chunk.kind == b"tRNS":
            fits = least_transparency and least_transparency <= chunk.length <= _MOST_TRANSPARENCY_BYTES
            if fits and not pixels_end and _is_intact(file, chunk):
                stripped.keep(chunk.start, chunk.stop)
        else:
            _read_metadata(file, stripped, chunk, done)
        end = chunk.stop
    if not pixels_end:
        stripped.keep(end, stripped.size_bytes)


def _chunks(file: BinaryIO, size_bytes: int) -> Iterator[_Chunk]:
    """Yield the chunks up to IEND, or to the first invalid one."""
    at = len(PNG_SIGNATURE)
    while at < size_bytes:
        file.seek(at)
        header = file.read(_HEADER_BYTES)
        kind = header[4:]
        if len(header) < _HEADER_BYTES or not kind.isalpha() or kind == b"IEND":
            return
        chunk = _Chunk(kind=kind, start=at, length=int.from_bytes(header[:4], "big"))
        yield chunk
        at = chunk.stop


def _is_intact(file: BinaryIO, chunk: _Chunk) -> bool:
    file.seek(chunk.body)
    checksum, left = zlib.crc32(chunk.kind), chunk.length
    while left and (block := file.read(min(left, _BLOCK_BYTES))):
        checksum, left = zlib.crc32(block, checksum), left - len(block)
    return file.read(_CHECKSUM_BYTES) == checksum.to_bytes(_CHECKSUM_BYTES, "big")


def _read_metadata(file: BinaryIO, stripped: StrippedImage, chunk: _Chunk, done: set[bytes]) -> None:
    """Let Pillow read the chunk alone. Only the first of each kind is read, to limit memory."""
    metadata_kind = _metadata_kind(file, chunk)
    if metadata_kind is None or metadata_kind in done or not _is_intact(file, chunk):
        return
    done.add(metadata_kind)
    file.seek(chunk.body)
    stream = PngStream(BytesIO(file.read(chunk.length)))
    try:
        stream.call(chunk.kind, 0, chunk.length)
    except Exception:  # noqa: BLE001 - unreadable metadata are ignored
        return
    for name, kind in _METADATA.items():
        value = stream.im_info.get(name)
        if isinstance(value, kind) and (metadata_kind == b"eXIf" or name not in stripped.metadata):
            stripped.metadata[name] = value


def _metadata_kind(file: BinaryIO, chunk: _Chunk) -> bytes | None:
    """Return the kind of metadata; None where it is of no use."""
    if chunk.kind in {b"eXIf", b"iCCP"}:
        return chunk.kind
    if chunk.kind not in _TEXTS:
        return None
    file.seek(chunk.body)
    keyword = file.read(min(chunk.length, _LONGEST_KEYWORD + 1)).partition(b"\0")[0]
    return keyword if keyword in _KEYWORDS else None
