"""Prepares the image of a scene for the film: one size, upright, sRGB, and small in memory."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms, ImageFilter, ImageOps

from adapters.images.check import check_pixels
from adapters.images.opening import Damaged, NoImage, OpenedImage, open_image
from domain.errors import Refused

STRIP_PIXELS = 1_000_000
DECODED_AT_ONCE_BYTES = 16 * 1024
"""Between blocks of this size, and between strips, `check_stop` is called."""

LEAST_KEPT = 0.7
"""The least share of an image that filling the frame may keep; else it is shown whole, on a blurred copy."""

CARD_SHARE = 0.92
WHITE = (255, 255, 255)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
Size = tuple[int, int]


class BadImage(Exception):
    """The image cannot be shown; the text says why."""


def prepare(path: Path, size: Size, *, check_stop: Callable[[], None] = lambda: None) -> Image.Image:
    """Return the image as RGB of exactly `size`. Raises BadImage, FileNotFoundError, and what `check_stop` raises.

    Takes the memory of the decoded file once, and little more.
    """
    try:
        with open_image(path, check_stop) as opened:
            check_pixels(opened.image)
            opened.image.decodermaxblock = DECODED_AT_ONCE_BYTES
            return _composed(_small_rgb(opened, size), size)
    except Refused as error:
        raise BadImage(str(error)) from error
    except NoImage as error:
        raise BadImage("it is not an image that can be read") from error
    except Damaged as error:
        raise BadImage(f"the image is damaged: {error}") from error


def _small_rgb(opened: OpenedImage, size: Size) -> Image.Image:
    turn = _TURNS.get(opened.orientation)
    sideways = turn in {
        Image.Transpose.TRANSPOSE,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_90,
        Image.Transpose.ROTATE_270,
    }
    least = (size[1], size[0]) if sideways else size
    opened.image.draft("RGB", least)
    small = _to_srgb(_reduced(opened, least), opened)
    return small.transpose(turn) if turn is not None else small


def _reduced(opened: OpenedImage, least: Size) -> Image.Image:
    """Return it as RGB, made smaller by a whole number, but not below the size that is shown.

    Works strip by strip, to save memory.
    """
    image = opened.image
    factors = image.width // least[0], image.height // least[1]
    factor = max(1, min(factors) if _fills(image.size, least) else max(factors))
    image.load()
    if factor == 1 and image.mode == "RGB":
        return image.copy()
    small = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    rows = max(1, STRIP_PIXELS // (image.width * factor)) * factor
    for top in range(0, image.height, rows):
        opened.check_stop()
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        small.paste(_rgb(strip).reduce(factor), (0, top // factor))
    return small


def _rgb(strip: Image.Image) -> Image.Image:
    """Convert any mode to RGB, on white where it is transparent."""
    if strip.mode.startswith("I"):
        strip = strip.point(lambda value: value * (1 / 256)).convert("L")
    if not strip.has_transparency_data:
        return strip.convert("RGB")
    strip = strip.convert("RGBA")
    canvas = Image.new("RGB", strip.size, WHITE)
    canvas.paste(strip, mask=strip.getchannel("A"))
    return canvas


def _to_srgb(small: Image.Image, opened: OpenedImage) -> Image.Image:
    """Apply the colour profile of the file; ignore one that cannot be used, as browsers do."""
    if not opened.profile or opened.image.mode not in {"RGB", "RGBA", "P"}:
        return small
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(opened.profile))
        converted = ImageCms.profileToProfile(small, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except Exception:  # noqa: BLE001 - unreadable metadata are ignored
        return small
    return converted or small


def _composed(small: Image.Image, size: Size) -> Image.Image:
    """Fill the frame, or show the whole image on a backdrop where filling would cut off too much."""
    if _fills(small.size, size):
        return ImageOps.fit(small, size, Image.Resampling.LANCZOS)
    card = ImageOps.contain(
        small, (max(1, round(size[0] * CARD_SHARE)), max(1, round(size[1] * CARD_SHARE))), Image.Resampling.LANCZOS
    )
    scene = _backdrop(small, size)
    scene.paste(card, ((size[0] - card.width) // 2, (size[1] - card.height) // 2))
    return scene


def _fills(opened: Size, frame: Size) -> bool:
    shapes = opened[0] / opened[1], frame[0] / frame[1]
    return min(shapes) / max(shapes) >= LEAST_KEPT


def _backdrop(small: Image.Image, size: Size) -> Image.Image:
    """A dim, blurred copy of the image that fills the frame; blurred while it is tiny, which is fast."""
    tiny = ImageOps.fit(small, (max(2, size[0] // 24), max(2, size[1] // 24)), Image.Resampling.BOX)
    dim = tiny.filter(ImageFilter.GaussianBlur(2)).point(lambda value: value * 0.45)
    return dim.resize(size, Image.Resampling.BICUBIC)
