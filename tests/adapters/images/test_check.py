"""A file counts as an image when all of it can be decoded."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from adapters.images.check import check_image
from domain.errors import Refused
from domain.images import LARGEST_IMAGE_BYTES
from tests.adapters.images.samples import image_bytes

KINDS = ["JPEG", "PNG", "WEBP"]


@pytest.fixture
def check(tmp_path):
    def of(data: bytes) -> None:
        path = tmp_path / "image"
        path.write_bytes(data)
        check_image(path)

    return of


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_image_is_taken(check, kind):
    check(image_bytes(kind))


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "1"), ("PNG", "LA")]
)
def test_an_image_of_another_colour_mode_is_taken(check, kind, mode):
    check(image_bytes(kind, mode=mode, size=(64, 48)) if mode != "1" else image_bytes(kind, mode="L"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("percent", [1, 10, 50, 80, 95])
def test_a_cut_image_is_refused(check, kind, percent):
    data = image_bytes(kind)
    with pytest.raises(Refused):
        check(data[: len(data) * percent // 100])


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO"])
def test_another_format_is_refused_and_told_what_is_wanted(check, kind):
    with pytest.raises(Refused, match="JPEG, PNG or WebP"):
        check(image_bytes(kind))


@pytest.mark.parametrize("data", [b"<html>not found</html>", b"\x00" * 100, b"\xff\xd8\xff", b"<svg/>", b"%PDF-1.7"])
def test_what_is_no_image_is_refused(check, data):
    with pytest.raises(Refused, match="JPEG, PNG or WebP"):
        check(data)


def test_an_empty_file_is_refused(check):
    with pytest.raises(Refused, match="empty"):
        check(b"")


def test_a_file_above_the_limit_is_refused_unread(tmp_path):
    path = tmp_path / "image"
    with path.open("wb") as file:
        file.truncate(LARGEST_IMAGE_BYTES + 1)
    with pytest.raises(Refused, match="at most"):
        check_image(path)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("width", "height"), [(8000, 8000), (10_000, 10_000), (60_000, 60_000), (40_000, 1), (1, 40_000)]
)
def test_a_small_file_with_too_many_pixels_is_refused_before_they_are_made(check, width, height):
    with pytest.raises(Refused, match="pixels"):
        check(bomb(width, height))


def test_the_largest_image_is_taken(check):
    out = io.BytesIO()
    Image.new("L", (10_000, 3_600)).save(out, "PNG", compress_level=1)
    check(out.getvalue())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_image_is_taken_or_refused_and_nothing_else(check, kind):
    """Random damage must come out as Refused: an error of another kind would stop the worker, not the job."""
    dice = random.Random(f"damage of {kind}")
    whole = image_bytes(kind, size=(32, 24))
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            check(bytes(data))
        except Refused:
            continue


def bomb(width: int, height: int) -> bytes:
    """A PNG that promises a size and has next to no data."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
