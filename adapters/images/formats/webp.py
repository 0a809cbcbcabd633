"""WebP (RFC 9649): a RIFF file whose first chunk promises what the others hold."""

from __future__ import annotations

from typing import BinaryIO

from adapters.images.formats.bare import Bare
from domain.images import RIFF, WEBP_FORM

_HEADER_BYTES = 8
_FIRST_AT = 12
_PIXELS = {b"VP8X", b"ALPH", b"VP8 ", b"VP8L", b"ANIM", b"ANMF"}
_SAYS = {b"ICCP": ("icc_profile", 0x20), b"EXIF": ("exif", 0x08), b"XMP ": ("xmp", 0x04)}
"""The chunks with metadata, and the flag in VP8X that promises each."""

_PIXEL_PROMISES = 0x10 | 0x02
"""Transparency and motion. libwebp refuses a file for the reserved flags, which readers are to ignore."""


def bare_webp(file: BinaryIO, bare: Bare) -> None:
    """Keep the chunks with pixels, under a header that fits them and promises nothing else."""
    file.seek(len(RIFF))
    end = min(int.from_bytes(file.read(4), "little") + _HEADER_BYTES, bare.size_bytes)
    bare.pieces.append(b"")
    at, promises = _FIRST_AT, 0
    while at + _HEADER_BYTES <= end:
        bare.count()
        file.seek(at)
        header = file.read(_HEADER_BYTES)
        kind, length = header[:4], int.from_bytes(header[4:], "little")
        body = at + _HEADER_BYTES
        stop = body + length + length % 2
        if kind == b"VP8X" and at == _FIRST_AT and length:
            (promises,) = file.read(1) or b"\0"
            bare.pieces.append(header + bytes([promises & _PIXEL_PROMISES]))
            bare.keep(body + 1, min(stop, end))
        elif kind in _PIXELS:
            bare.keep(at, min(stop, end))
        elif kind in _SAYS and body + length <= end:
            name, promise = _SAYS[kind]
            if promises & promise:
                bare.says.setdefault(name, file.read(length))
        at = stop
    kept_bytes = sum(len(piece) for piece in bare.pieces)
    bare.pieces[0] = RIFF + (len(WEBP_FORM) + kept_bytes).to_bytes(4, "little") + WEBP_FORM
