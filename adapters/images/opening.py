"""Opens images, for every caller. Damaged metadata are ignored; damaged pixels are an error."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import SEEK_END, BufferedReader, FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageFile, UnidentifiedImageError

from adapters.images.formats.jpeg import strip_jpeg
from adapters.images.formats.pieces import Pieces
from adapters.images.formats.png import strip_png
from adapters.images.formats.stripped import StrippedImage
from adapters.images.formats.webp import strip_webp
from domain import images
from domain.errors import Refused

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FORMATS = ("JPEG", "PNG", "WEBP")
UPRIGHT = 1
_ORIENTATION, _ORIENTATIONS = 0x0112, range(1, 9)
_LONGEST_REASON = 120


class NoImage(Exception):
    """The file has none of the formats."""


class Damaged(Exception):
    """The pixels cannot be decoded; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedImage:
    """An open image with its EXIF orientation (1 to 8) and colour profile; call `check_stop` between long steps."""

    image: ImageFile.ImageFile
    orientation: int
    profile: bytes | None
    check_stop: Callable[[], None]


class _StopRaised(BaseException):
    """Carries what `check_stop` raised past the code that takes every exception for damage."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__()
        self.reason = reason


class _Source(FileIO):
    """The file of an image; what `check_stop` raises ends the decoder that reads from it."""

    def __init__(self, path: Path, check_stop: Callable[[], None]) -> None:
        super().__init__(path)
        self.check_stop = check_stop

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self.check_stop()
        return super().readinto(buffer) or 0


@contextmanager
def open_image(path: Path, check_stop: Callable[[], None] = lambda: None) -> Iterator[OpenedImage]:
    """Open the image in `path` for a block that decodes it; an exception in the block means damage.

    Raises NoImage, Damaged, Refused (too many pixels), FileNotFoundError, and unchanged what `check_stop` raises.
    """
    try:
        with _Source(path, _wrapped(check_stop)) as source, _opened(source) as opened:
            yield opened
    except _StopRaised as stopped:
        raise stopped.reason from stopped.reason.__cause__
    except (FileNotFoundError, Refused):
        raise
    except UnidentifiedImageError as error:
        raise NoImage from error
    except Image.DecompressionBombError as error:
        raise Refused("the image has too many pixels to be decoded") from error
    except Exception as error:
        raise Damaged((str(error) or type(error).__name__)[:_LONGEST_REASON]) from error


def _wrapped(check_stop: Callable[[], None]) -> Callable[[], None]:
    def check() -> None:
        try:
            check_stop()
        except BaseException as error:
            raise _StopRaised(error) from error

    return check


@contextmanager
def _opened(source: _Source) -> Iterator[OpenedImage]:
    """Give Pillow the pixels without the metadata, then set what was read of the metadata."""
    stripped = _strip(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes are checked later
        image = Image.open(BufferedReader(Pieces(source, stripped.pieces)), formats=FORMATS)
        image.info.update(stripped.metadata)
        orientation = _orientation(image)
    profile = stripped.metadata.get("icc_profile")
    profile = profile if isinstance(profile, bytes) else None
    with image:
        yield OpenedImage(image=image, orientation=orientation, profile=profile, check_stop=source.check_stop)


def _strip(source: _Source) -> StrippedImage:
    """Separate pixels and metadata; an unknown format is kept whole."""
    stripped = StrippedImage(source.seek(0, SEEK_END))
    file = BufferedReader(Pieces(source, [range(stripped.size_bytes)]))
    start = file.read(images.SIGNATURE_BYTES)
    match images.image_type(start):
        case images.JPEG:
            strip_jpeg(file, stripped)
        case images.PNG:
            strip_png(file, stripped)
        case images.WEBP:
            strip_webp(file, stripped)
        case _:
            stripped.keep(0, stripped.size_bytes)
    return stripped


def _orientation(image: Image.Image) -> int:
    """Read it from EXIF, else XMP; upright where neither can be read.

    A PNG's own method is avoided: it may decode the image.
    """
    try:
        orientation = Image.Image.getexif(image).get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - unreadable metadata are ignored
        return UPRIGHT
    return orientation if isinstance(orientation, int) and orientation in _ORIENTATIONS else UPRIGHT
