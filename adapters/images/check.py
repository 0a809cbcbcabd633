"""Checks that a file is an image by decoding all of it: Pillow's `verify()` accepts files that are cut off."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from adapters.images.opening import Damaged, NoImage, open_image
from domain.errors import Refused
from domain.images import LARGEST_IMAGE_BYTES

MOST_PIXELS = 36_000_000
MOST_PIXELS_OF = {"WEBP": 10_000_000, "JPEG": 50_000_000}
MOST_PIXELS_PROGRESSIVE = 24_000_000
"""Limits for about 150 MB: PNG takes 4 bytes a pixel, WebP 13, a progressive JPEG 6, a plain one far less."""

LONGEST_SIDE = 32_768


def check_image(path: Path) -> None:
    """Decode the image in `path`; of an animation the first frame. Blocks, and takes up to 150 MB.

    Raises Refused where it is empty, cut off, too large or not a JPEG, PNG or WebP.
    """
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise Refused("the image is empty")
    if size_bytes > LARGEST_IMAGE_BYTES:
        raise Refused(f"the image has {size_bytes} bytes, at most {LARGEST_IMAGE_BYTES} are taken")
    try:
        with open_image(path) as opened:
            check_pixels(opened.image)
            opened.image.load()
    except NoImage as error:
        raise Refused("not an image that can be read: JPEG, PNG or WebP is wanted") from error
    except Damaged as error:
        raise Refused(f"the image is damaged or cut: {error}") from error


def check_pixels(image: Image.Image) -> None:
    """Raise Refused for an image that takes too much memory to decode; reads the header only."""
    most = MOST_PIXELS_PROGRESSIVE if image.info.get("progressive") else MOST_PIXELS_OF.get(image.format or "")
    most = most or MOST_PIXELS
    if image.width * image.height > most or max(image.size) > LONGEST_SIDE:
        raise Refused(
            f"the image has {image.width} x {image.height} pixels, "
            f"at most {most // 1_000_000} million of a {image.format} are taken"
        )
