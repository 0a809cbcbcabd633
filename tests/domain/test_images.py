"""An image is known by how its file begins."""

from __future__ import annotations

import pytest

from domain.images import image_type


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\r", "image/png"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_which_kind_of_image_it_is(beginning: bytes, kind: str | None) -> None:
    assert image_type(beginning) == kind
