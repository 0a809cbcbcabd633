"""JPEG (ITU-T T.81): application segments and comments are metadata, except two that describe the colours."""

from __future__ import annotations

from typing import BinaryIO

from adapters.images.formats.stripped import StrippedImage

_APPLICATION, _COMMENT = range(0xE0, 0xF0), 0xFE
_SEGMENTS = {*range(0xC0, 0xC8), *range(0xC9, 0xD0), *range(0xDB, 0xE0), *_APPLICATION, _COMMENT}
"""The markers before the scan (SOS) that have a length."""

_COLOURS = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12)}
"""The two with their least length: libjpeg ignores a shorter one, Pillow fails on it."""

_EXIF, _XMP, _ICC = (0xE1, b"Exif\0\0"), (0xE1, b"http://ns.adobe.com/xap/1.0/\0"), (0xE2, b"ICC_PROFILE\0")


def strip_jpeg(file: BinaryIO, stripped: StrippedImage) -> None:
    """Keep the scan and everything after it, and before it what the decoder needs."""
    exif: list[bytes] = []
    profile: list[bytes] = []
    file.seek(2)
    stripped.keep(0, 2)
    while (marker := _next_marker(file)) in _SEGMENTS:
        stripped.count()
        start = file.tell() - 2
        body = file.read(max(0, int.from_bytes(file.read(2), "big") - 2))
        if _is_pixels(marker, body):
            stripped.keep(start, file.tell())
        elif _is(_EXIF, marker, body):
            exif.append(body.removeprefix(_EXIF[1]))
        elif _is(_XMP, marker, body):
            stripped.metadata["xmp"] = body.removeprefix(_XMP[1])
        elif _is(_ICC, marker, body):
            profile.append(body.removeprefix(_ICC[1]))
    if marker:
        stripped.keep(file.tell() - 2, stripped.size_bytes)
    if exif:
        stripped.metadata["exif"] = _EXIF[1] + b"".join(exif)
    _assemble(profile, stripped)


def _next_marker(file: BinaryIO) -> int:
    """Return the next marker, 0 at the end; other bytes are skipped, as libjpeg does."""
    while byte := file.read(1):
        if byte == b"\xff":
            while byte == b"\xff":
                byte = file.read(1)
            if byte > b"\0":
                return byte[0]
    return 0


def _is_pixels(marker: int, body: bytes) -> bool:
    if marker in _COLOURS:
        name, least_bytes = _COLOURS[marker]
        return body.startswith(name) and len(body) >= least_bytes
    return marker not in _APPLICATION and marker != _COMMENT


def _is(kind: tuple[int, bytes], marker: int, body: bytes) -> bool:
    return marker == kind[0] and body.startswith(kind[1])


def _assemble(parts: list[bytes], stripped: StrippedImage) -> None:
    """Join a colour profile (ICC.1, annex B.4): each part begins with its number and the number of parts."""
    parts = sorted(part for part in parts if len(part) > 2)  # noqa: PLR2004 - the two numbers
    if parts and parts[0][1] == len(parts):
        stripped.metadata["icc_profile"] = b"".join(part[2:] for part in parts)
