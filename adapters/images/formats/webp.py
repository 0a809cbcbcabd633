"""WebP (RFC 9649): a RIFF file whose first chunk has flags for what the others hold."""

from __future__ import annotations

from typing import BinaryIO

from adapters.images.formats.stripped import StrippedImage
from domain.images import RIFF, WEBP_FORM

_HEADER_BYTES = 8
_FIRST_AT = 12
_PIXELS = {b"VP8X", b"ALPH", b"VP8 ", b"VP8L", b"ANIM", b"ANMF"}
_METADATA = {b"ICCP": ("icc_profile", 0x20), b"EXIF": ("exif", 0x08), b"XMP ": ("xmp", 0x04)}
"""The chunks with metadata, and the flag of each in VP8X."""

_PIXEL_FLAGS = 0x10 | 0x02
"""Transparency and animation. libwebp refuses a file with reserved flags, which readers should ignore."""


def strip_webp(file: BinaryIO, stripped: StrippedImage) -> None:
    """Keep the chunks with pixels, under a header that fits them and has no other flags."""
    file.seek(len(RIFF))
    end = min(int.from_bytes(file.read(4), "little") + _HEADER_BYTES, stripped.size_bytes)
    stripped.pieces.append(b"")
    at, flags = _FIRST_AT, 0
    while at + _HEADER_BYTES <= end:
        stripped.count()
        file.seek(at)
        header = file.read(_HEADER_BYTES)
        kind, length = header[:4], int.from_bytes(header[4:], "little")
        body = at + _HEADER_BYTES
        stop = body + length + length % 2
        if kind == b"VP8X" and at == _FIRST_AT and length:
            (flags,) = file.read(1) or b"\0"
            stripped.pieces.append(header + bytes([flags & _PIXEL_FLAGS]))
            stripped.keep(body + 1, min(stop, end))
        elif kind in _PIXELS:
            stripped.keep(at, min(stop, end))
        elif kind in _METADATA and body + length <= end:
            name, flag = _METADATA[kind]
            if flags & flag:
                stripped.metadata.setdefault(name, file.read(length))
        at = stop
    kept_bytes = sum(len(piece) for piece in stripped.pieces)
    stripped.pieces[0] = RIFF + (len(WEBP_FORM) + kept_bytes).to_bytes(4, "little") + WEBP_FORM
