"""PNG (W3C PNG, third edition): critical chunks are pixels, ancillary ones can be broken as they like."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from PIL.PngImagePlugin import PngStream

from adapters.images.formats.bare import Bare
from domain.images import PNG_SIGNATURE

_COLOUR_TYPE_AT = 25
_LEAST_TRANSPARENCY_BYTES = {b"\x00": 2, b"\x02": 6, b"\x03": 1}
_MOST_TRANSPARENCY_BYTES = 256
"""By colour type: greys, RGB, a palette. The others have an alpha channel instead."""

_HEADER_BYTES, _CHECKSUM_BYTES = 8, 4
_BLOCK_BYTES = 64 * 1024

_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_KEYWORDS = {b"XML:com.adobe.xmp", b"Raw profile type exif", b"exif"}
"""Those of the texts that say which way is up. Any other may name itself as Pillow names its own facts: not read."""

_LONGEST_KEYWORD = 79
_SAYS: dict[str, type[bytes | str]] = {"exif": bytes, "icc_profile": bytes, "xmp": bytes, "Raw profile type exif": str}


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


def bare_png(file: BinaryIO, bare: Bare) -> None:
    """Keep the critical chunks up to the last IDAT in a row, and a tRNS that fits.

    Raises ValueError when one of the critical chunks has a wrong checksum: Pillow does not look at that of IDAT.
    """
    file.seek(_COLOUR_TYPE_AT)
    least_transparency = _LEAST_TRANSPARENCY_BYTES.get(file.read(1), 0)
    heard: set[bytes] = set()
    end, pixels_end = len(PNG_SIGNATURE), 0
    bare.keep(0, end)
    for chunk in _chunks(file, bare.size_bytes):
        bare.count()
        if chunk.is_critical:
            if not pixels_end or (chunk.kind == b"IDAT" and chunk.start == pixels_end):
                _demand_sound(file, chunk)
                bare.keep(chunk.start, chunk.stop)
                pixels_end = chunk.stop if chunk.kind == b"IDAT" else 0
        elif chunk.kind == b"tRNS":
            fits = least_transparency and least_transparency <= chunk.length <= _MOST_TRANSPARENCY_BYTES
            if fits and not pixels_end and _is_sound(file, chunk):
                bare.keep(chunk.start, chunk.stop)
        else:
            _listen(file, bare, chunk, heard)
        end = chunk.stop
    if not pixels_end:
        bare.keep(end, bare.size_bytes)


def _chunks(file: BinaryIO, size_bytes: int) -> Iterator[_Chunk]:
    """Go through the chunks up to IEND, or to what is none."""
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


def _demand_sound(file: BinaryIO, chunk: _Chunk) -> None:
    if not _is_sound(file, chunk):
        raise ValueError(f"{chunk.kind.decode()} is cut or its checksum is wrong")


def _is_sound(file: BinaryIO, chunk: _Chunk) -> bool:
    file.seek(chunk.body)
    checksum, left = zlib.crc32(chunk.kind), chunk.length
    while left and (block := file.read(min(left, _BLOCK_BYTES))):
        checksum, left = zlib.crc32(block, checksum), left - len(block)
    return file.read(_CHECKSUM_BYTES) == checksum.to_bytes(_CHECKSUM_BYTES, "big")


def _listen(file: BinaryIO, bare: Bare, chunk: _Chunk, heard: set[bytes]) -> None:
    """Let Pillow read the chunk on its own. Of each kind the first one counts: what they unpack to has a bound."""
    topic = _topic(file, chunk)
    if topic is None or topic in heard or not _is_sound(file, chunk):
        return
    heard.add(topic)
    file.seek(chunk.body)
    stream = PngStream(BytesIO(file.read(chunk.length)))
    try:
        stream.call(chunk.kind, 0, chunk.length)
    except Exception:  # noqa: BLE001 - whatever cannot be read of it is left aside
        return
    for name, kind in _SAYS.items():
        value = stream.im_info.get(name)
        if isinstance(value, kind) and (topic == b"eXIf" or name not in bare.says):
            bare.says[name] = value


def _topic(file: BinaryIO, chunk: _Chunk) -> bytes | None:
    """Name what the chunk is about; None when nobody wants to know."""
    if chunk.kind in {b"eXIf", b"iCCP"}:
        return chunk.kind
    if chunk.kind not in _TEXTS:
        return None
    file.seek(chunk.body)
    keyword = file.read(min(chunk.length, _LONGEST_KEYWORD + 1)).partition(b"\0")[0]
    return keyword if keyword in _KEYWORDS else None
