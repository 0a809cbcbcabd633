"""Which images are accepted, how large they may be, and how their files begin."""

from __future__ import annotations

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
JPEG_SIGNATURE, PNG_SIGNATURE = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
RIFF, WEBP_FORM = b"RIFF", b"WEBP"
"""Between these two a file has four bytes with its length."""

SIGNATURE_BYTES = 12

IMAGE_TYPES = (JPEG, PNG, WEBP)
LARGEST_IMAGE_BYTES = 25 * 1024 * 1024


def image_type(beginning: bytes) -> str | None:
    """Return the media type of a file that begins with these bytes, at least `SIGNATURE_BYTES` of them."""
    if beginning.startswith(JPEG_SIGNATURE):
        return JPEG
    if beginning.startswith(PNG_SIGNATURE):
        return PNG
    return WEBP if beginning[:4] == RIFF and beginning[8:SIGNATURE_BYTES] == WEBP_FORM else None
