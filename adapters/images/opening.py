"""Opening an image: the one place that knows what is readable. Only its pixels can be damaged, never its metadata."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import SEEK_END, BufferedReader, FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageFile, UnidentifiedImageError

from adapters.images.formats.bare import Bare
from adapters.images.formats.jpeg import bare_jpeg
from adapters.images.formats.pieces import Pieces
from adapters.images.formats.png import bare_png
from adapters.images.formats.webp import bare_webp
from domain import images
from domain.errors import Refused

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FORMATS = ("JPEG", "PNG", "WEBP")
UPRIGHT = 1
_ORIENTATION, _ORIENTATIONS = 0x0112, range(1, 9)
_LONGEST_REASON = 120


class NoImage(Exception):
    """The file is of none of the formats."""


class Damaged(Exception):
    """The pixels cannot be decoded; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedImage:
    """An open image, and what its metadata say. `orientation` is that of EXIF, 1 to 8; `go_on` is to be asked."""

    image: ImageFile.ImageFile
    orientation: int
    profile: bytes | None
    go_on: Callable[[], None]


class _GivenUp(BaseException):
    """Carries what `go_on` raised past everything that takes an exception for damage."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__()
        self.reason = reason


class _Source(FileIO):
    """The file of an image; whatever `go_on` raises ends the decoder that reads from it."""

    def __init__(self, path: Path, go_on: Callable[[], None]) -> None:
        super().__init__(path)
        self.go_on = go_on

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self.go_on()
        return super().readinto(buffer) or 0


@contextmanager
def open_image(path: Path, go_on: Callable[[], None] = lambda: None) -> Iterator[OpenedImage]:
    """Open the image in `path` for a block that decodes it; whatever fails in there is damage.

    Raises NoImage, Damaged, Refused (too many pixels), FileNotFoundError, and untouched what `go_on` raises.
    """
    try:
        with _Source(path, _carried(go_on)) as source, _opened(source) as opened:
            yield opened
    except _GivenUp as end:
        raise end.reason from end.reason.__cause__
    except (FileNotFoundError, Refused):
        raise
    except UnidentifiedImageError as error:
        raise NoImage from error
    except Image.DecompressionBombError as error:
        raise Refused("the image has too many pixels to be decoded") from error
    except Exception as error:
        raise Damaged((str(error) or type(error).__name__)[:_LONGEST_REASON]) from error


def _carried(go_on: Callable[[], None]) -> Callable[[], None]:
    def ask() -> None:
        try:
            go_on()
        except BaseException as error:
            raise _GivenUp(error) from error

    return ask


@contextmanager
def _opened(source: _Source) -> Iterator[OpenedImage]:
    """Show Pillow the pixels alone, then tell it what the metadata say."""
    bare = _bare(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # oddities in metadata, and sizes that are checked later
        image = Image.open(BufferedReader(Pieces(source, bare.pieces)), formats=FORMATS)
        image.info.update(bare.says)
        orientation = _orientation(image)
    with image:
        yield OpenedImage(image=image, orientation=orientation, profile=_profile(bare), go_on=source.go_on)


def _bare(source: _Source) -> Bare:
    """Tell pixels from metadata; of a format that is not known everything is kept."""
    bare = Bare(source.seek(0, SEEK_END))
    file = BufferedReader(Pieces(source, [range(bare.size_bytes)]))
    start = file.read(images.SIGNATURE_BYTES)
    match images.image_type(start):
        case images.JPEG:
            bare_jpeg(file, bare)
        case images.PNG:
            bare_png(file, bare)
        case images.WEBP:
            bare_webp(file, bare)
        case _:
            bare.keep(0, bare.size_bytes)
    return bare


def _orientation(image: Image.Image) -> int:
    """Read which way is up from EXIF or else XMP: upright where they say nothing that can be read.

    Not by the method of a PNG: that one may decode the image first.
    """
    try:
        orientation = Image.Image.getexif(image).get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - whatever cannot be read of metadata is left aside
        return UPRIGHT
    return orientation if isinstance(orientation, int) and orientation in _ORIENTATIONS else UPRIGHT


def _profile(bare: Bare) -> bytes | None:
    profile = bare.says.get("icc_profile")
    return profile if isinstance(profile, bytes) else None
