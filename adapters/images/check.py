"""Is this file a picture that can be drawn? Decides by decoding all of it: headers and `verify()` pass cut files."""

from __future__ import annotations

import struct
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from domain.errors import Refused

FORMATS = ("JPEG", "PNG", "WEBP")
LARGEST_PICTURE_BYTES = 25 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 32_768

# What the decoders raise for bytes that are no picture, and for a size beyond their own limit.
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, TypeError)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def check_picture(path: Path) -> None:
    """Decode the picture in `path`; of an animation the first frame. Blocks, and needs up to 4 bytes a pixel.

    Raises Refused when it is empty, cut, too large or not a JPEG, PNG or WebP.
    """
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise Refused("the picture is empty")
    if size_bytes > LARGEST_PICTURE_BYTES:
        raise Refused(f"the picture has {size_bytes} bytes, at most {LARGEST_PICTURE_BYTES} are taken")
    try:
        _decode(path)
    except UnidentifiedImageError as error:
        raise Refused("not a picture that can be read: JPEG, PNG or WebP is wanted") from error
    except _BOMBS as error:
        raise Refused(f"the picture has more than {MOST_PIXELS} pixels") from error
    except _UNREADABLE as error:
        raise Refused(f"the picture is damaged or cut: {str(error)[:120]}") from error


def _decode(path: Path) -> None:
    with Image.open(path, formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
            raise Refused(f"the picture has {width} x {height} pixels, at most {MOST_PIXELS} in all are taken")
        picture.load()
