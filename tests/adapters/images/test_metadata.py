"""An upload is taken for its pixels: what stands beside them may be broken, they may not."""

from __future__ import annotations

import struct
import zlib

import pytest

from adapters.images.check import check_image
from adapters.images.formats.stripped import MOST_PARTS
from domain.errors import Refused
from tests.adapters.images.metadata import BROKEN, LABEL, chunk, jpeg, plain, png, segment, turned, webp


@pytest.fixture
def check(tmp_path):
    def of(data: bytes) -> None:
        (tmp_path / "image").write_bytes(data)
        check_image(tmp_path / "image")

    return of


@pytest.mark.parametrize("name", BROKEN)
def test_an_image_with_broken_metadata_is_taken(check, name):
    check(BROKEN[name][1])


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"PLTE"])
def test_a_png_is_refused_for_a_wrong_checksum_where_the_pixels_are(check, kind):
    data = bytearray(png(chunk(b"PLTE", bytes(6))))
    at = data.index(kind)
    data[at + 4 + struct.unpack(">I", data[at - 4 : at])[0]] ^= 1
    with pytest.raises(Refused, match=f"{kind.decode()} is cut or its checksum is wrong"):
        check(bytes(data))


def test_a_png_is_refused_for_pixels_that_do_not_unpack(check):
    data = plain("PNG")
    at = data.index(b"IDAT")
    length = struct.unpack(">I", data[at - 4 : at])[0]
    pixels = bytearray(data[at + 4 : at + 4 + length])
    pixels[length // 2] ^= 0xFF
    with pytest.raises(Refused, match="damaged or cut"):
        check(data[: at - 4] + chunk(b"IDAT", bytes(pixels)) + chunk(b"IEND", b""))


def test_a_png_is_refused_for_pixels_with_something_else_between_them(check):
    data = plain("PNG")
    at = data.index(b"IDAT")
    length = struct.unpack(">I", data[at - 4 : at])[0]
    pixels = data[at + 4 : at + 4 + length]
    parts = [chunk(b"IDAT", pixels[:50]), chunk(b"tEXt", b"a\0b"), chunk(b"IDAT", pixels[50:]), chunk(b"IEND", b"")]
    with pytest.raises(Refused, match="damaged or cut"):
        check(data[: at - 4] + b"".join(parts))


@pytest.mark.parametrize(
    "data",
    [
        png(chunk(b"eXIf", LABEL)),
        jpeg(segment(0xE1, b"Exif\0\0" + LABEL)),
        webp(0x20, before=((b"ICCP", LABEL),)),
    ],
    ids=["PNG", "JPEG", "WEBP"],
)
def test_an_image_with_broken_metadata_is_refused_when_its_pixels_are_cut(check, data):
    """The end of a JPEG and the tail of a PNG hold no pixels: what is taken away here does."""
    with pytest.raises(Refused, match="damaged or cut"):
        check(data[:-40])


def test_a_webp_is_refused_when_the_cut_behind_its_exif_reaches_the_pixels(check):
    data = webp(0x08, after=((b"EXIF", turned()),))
    with pytest.raises(Refused, match="damaged or cut"):
        check(data[: data.index(b"EXIF") - 3])


def test_a_file_in_a_thousand_pieces_is_refused(check):
    crumbs = (chunk(b"PLTE", bytes(3)) + chunk(b"tEXt", zlib.compress(b"")) for _ in range(1001))
    with pytest.raises(Refused, match="too many pieces"):
        check(png(*crumbs))


@pytest.mark.parametrize(
    "data",
    [
        jpeg(segment(0xFE, b"") * (MOST_PARTS + 1)),
        png(chunk(b"zzZz", b"") * (MOST_PARTS + 1)),
        webp(0, after=((b"abcd", b""),) * (MOST_PARTS + 1)),
    ],
    ids=["JPEG", "PNG", "WEBP"],
)
def test_a_file_of_countless_empty_parts_is_refused_and_not_gone_through(check, data):
    """Six million comments fit into one image of 24 MB, and kept every other upload waiting for 12 s."""
    with pytest.raises(Refused, match="too many pieces"):
        check(data)
