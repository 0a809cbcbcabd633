"""Images of every kind, as they look in the film."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from adapters.renderers.slideshow.images import BadImage, prepare

SIZE = (160, 90)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)


def near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 6 for a, b in zip(found, wanted, strict=True))


def quarters(size: tuple[int, int] = (320, 180)) -> Image.Image:
    """Red, green / blue, white."""
    image = Image.new("RGB", size)
    wide, high = size[0] // 2, size[1] // 2
    for colour, corner in ((RED, (0, 0)), (GREEN, (wide, 0)), (BLUE, (0, high)), (WHITE, (wide, high))):
        image.paste(colour, (*corner, corner[0] + wide, corner[1] + high))
    return image


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    return [image.getpixel(at) for at in ((20, 10), (140, 10), (20, 80), (140, 80))]


def shown(tmp_path: Path, image: Image.Image, name: str = "a.png", **options) -> Image.Image:
    image.save(tmp_path / name, **options)
    image = prepare(tmp_path / name, SIZE)
    assert (image.mode, image.size) == ("RGB", SIZE)
    return image


@pytest.mark.parametrize(
    ("mode", "name"),
    [("RGB", "a.png"), ("RGBA", "a.png"), ("P", "a.png"), ("RGB", "a.jpg"), ("CMYK", "a.jpg"), ("RGBA", "a.webp")],
)
@pytest.mark.parametrize("scale", [1, 7])
def test_colours_survive_every_mode_and_size(tmp_path, mode, name, scale):
    image = quarters((320 * scale, 180 * scale)).convert(mode)
    assert all(
        near(a, b) for a, b in zip(corners(shown(tmp_path, image, name)), (RED, GREEN, BLUE, WHITE), strict=True)
    )


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_greys_survive(tmp_path, mode):
    image = Image.new("L", (320, 180), 255).convert(mode)
    assert near(shown(tmp_path, image).getpixel((80, 45)), WHITE)


def test_sixteen_bits_a_pixel_are_brought_to_eight(tmp_path):
    image = Image.new("I;16", (320, 180), 128 * 256)
    assert near(shown(tmp_path, image).getpixel((80, 45)), (128, 128, 128))


def test_transparency_shows_white_paper(tmp_path):
    assert near(shown(tmp_path, Image.new("RGBA", (320, 180), (0, 0, 0, 0))).getpixel((80, 45)), WHITE)
    palette = Image.new("P", (320, 180))
    palette.putpalette([0, 0, 0] * 256)
    assert near(shown(tmp_path, palette, transparency=0).getpixel((80, 45)), WHITE)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("scale", [1, 6])
def test_an_image_taken_sideways_is_shown_upright(tmp_path, orientation, scale):
    """Undoing the turn that the tag names must give the upright image."""
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    stored = quarters((320 * scale, 180 * scale))
    for turn in undo.get(orientation, []):
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = shown(tmp_path, stored, "a.jpg", exif=exif, quality=95)
    assert all(near(a, b) for a, b in zip(corners(image), (RED, GREEN, BLUE, WHITE), strict=True))


def test_a_colour_profile_is_applied(tmp_path):
    """The file says that its first number is blue and its last one red."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    assert len(swapped) == len(profile)
    red = Image.new("RGB", (320, 180), RED)
    assert near(shown(tmp_path, red, icc_profile=profile).getpixel((80, 45)), RED)
    assert near(shown(tmp_path, red, icc_profile=swapped).getpixel((80, 45)), BLUE)


def test_a_broken_colour_profile_is_left_aside(tmp_path):
    image = shown(tmp_path, Image.new("RGB", (320, 180), RED), icc_profile=b"no profile")
    assert near(image.getpixel((80, 45)), RED)


@pytest.mark.parametrize("size", [(90, 160), (100, 100), (1000, 100), (4000, 80), (30, 400), (1, 1)])
def test_an_image_of_another_shape_is_shown_whole_before_a_dim_copy(tmp_path, size):
    image = shown(tmp_path, Image.new("RGB", size, WHITE))
    assert near(image.getpixel((80, 45)), WHITE)
    assert max(image.getpixel((1, 1))) < 140


def test_an_image_of_almost_the_same_shape_fills_the_frame(tmp_path):
    image = shown(tmp_path, Image.new("RGB", (400, 300), WHITE))
    assert near(image.getpixel((1, 1)), WHITE)
    assert near(image.getpixel((158, 88)), WHITE)


def test_a_tiny_image_is_enlarged(tmp_path):
    assert near(shown(tmp_path, Image.new("RGB", (16, 9), RED)).getpixel((80, 45)), RED)


def test_an_image_too_large_to_decode_is_refused_with_its_size(tmp_path):
    Image.new("L", (8000, 4501)).save(tmp_path / "a.png")
    with pytest.raises(BadImage, match="8000 x 4501 pixels, at most 36 million of a PNG are taken"):
        prepare(tmp_path / "a.png", SIZE)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(100), os.urandom(4000)])
def test_rubbish_is_refused(tmp_path, data):
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(BadImage):
        prepare(tmp_path / "a.png", SIZE)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_half_an_image_is_refused(tmp_path, name):
    Image.effect_noise((600, 400), 90).convert("RGB").save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(BadImage):
        prepare(tmp_path / name, SIZE)
