"""What is said beside the pixels: followed where it can be read, passed over where it cannot, one piece for itself."""

from __future__ import annotations

import random
import zlib

import pytest
from PIL import Image, ImageDraw

from adapters.images.check import check_image
from adapters.images.formats.pieces import Pieces
from adapters.renderers.slideshow.images import BadImage, prepare
from domain.errors import Refused
from tests.adapters.images.metadata import (
    BROKEN,
    LABEL,
    PROFILE,
    SRGB,
    XMP,
    chunk,
    jpeg,
    plain,
    png,
    segment,
    turned,
    webp,
)

SIZE = (64, 36)
SWAPPED = SRGB.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
XMP_SEGMENT = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
RAW_PROFILE = b"Raw profile type exif\0\nexif\n      26\n" + turned().hex().encode()
TURNED = {
    "PNG EXIF": ("PNG", png(chunk(b"eXIf", turned()))),
    "PNG EXIF behind the pixels": ("PNG", png(after=chunk(b"eXIf", turned()))),
    "PNG EXIF and a broken gamma": ("PNG", png(chunk(b"gAMA", b""), chunk(b"eXIf", turned()))),
    "PNG EXIF and a text of its name": ("PNG", png(chunk(b"eXIf", turned()), chunk(b"tEXt", b"exif\0no"))),
    "PNG EXIF behind a text of its name": ("PNG", png(chunk(b"tEXt", b"exif\0no"), chunk(b"eXIf", turned()))),
    "PNG EXIF of a wrong checksum before a right one": (
        "PNG",
        png(chunk(b"eXIf", turned(3), b"sum!"), chunk(b"eXIf", turned())),
    ),
    "PNG EXIF in a raw profile": ("PNG", png(chunk(b"tEXt", RAW_PROFILE))),
    "PNG XMP": ("PNG", png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP))),
    "JPEG EXIF": ("JPEG", jpeg(segment(0xE1, b"Exif\0\0" + turned()))),
    "JPEG EXIF in two segments": (
        "JPEG",
        jpeg(segment(0xE1, b"Exif\0\0" + turned()[:9]), segment(0xE1, b"Exif\0\0" + turned()[9:])),
    ),
    "JPEG EXIF and a broken MPF": ("JPEG", jpeg(segment(0xE2, b"MPF\0II"), segment(0xE1, b"Exif\0\0" + turned()))),
    "JPEG XMP": ("JPEG", jpeg(XMP_SEGMENT)),
    "WEBP EXIF": ("WEBP", webp(0x08, after=((b"EXIF", turned()),))),
    "WEBP EXIF and a cut XMP": ("WEBP", webp(0x0C, after=((b"EXIF", turned()), (b"XMP ", XMP)), cut=5)),
    "WEBP XMP": ("WEBP", webp(0x04, after=((b"XMP ", XMP),))),
}
RECOLOURED = {
    "PNG": png(chunk(b"sRGB", b""), chunk(b"iCCP", b"p\0\0" + zlib.compress(SWAPPED)), chunk(b"eXIf", LABEL)),
    "JPEG": jpeg(
        segment(0xE2, PROFILE + b"\2\2" + SWAPPED[300:]),
        segment(0xE2, PROFILE + b"\1\2" + SWAPPED[:300]),
        segment(0xE1, b"Exif\0\0" + LABEL),
    ),
    "WEBP": webp(0x28, before=((b"ICCP", SWAPPED),), after=((b"EXIF", LABEL),)),
}


@pytest.fixture
def shown(tmp_path):
    """The image as it is in the film; the upload must have taken it, too."""

    def of(data: bytes, size: tuple[int, int] = SIZE) -> Image.Image:
        path = tmp_path / "image"
        path.write_bytes(data)
        check_image(path)
        return prepare(path, size)

    return of


@pytest.mark.parametrize("name", ["label.png", "label_and_dpi.jpg", "short.webp"])
def test_a_label_or_a_cut_header_in_place_of_exif_does_not_fail_the_job(shown, tmp_path, name):
    """The upload was taken; then the job failed with "not a TIFF file", or hung on a struct.error every 30 s."""
    options = {
        "label.png": {"exif": LABEL},
        "label_and_dpi.jpg": {"exif": b"Exif\0\0" + LABEL, "dpi": (72, 72), "quality": 85},
        "short.webp": {"exif": b"II*\0\x08\0", "quality": 85},
    }
    photo = Image.new("RGB", (640, 360), (40, 90, 160))
    ImageDraw.Draw(photo).rectangle((100, 80, 300, 200), fill=(250, 200, 40))
    photo.save(tmp_path / name, **options[name])
    image = shown((tmp_path / name).read_bytes())
    assert image.getpixel((20, 14))[0] > 200 > image.getpixel((60, 30))[0]


@pytest.mark.parametrize("name", BROKEN)
def test_an_image_with_broken_metadata_looks_as_it_does_without(shown, name):
    kind, data = BROKEN[name]
    assert shown(data).tobytes() == shown(plain(kind)).tobytes()


@pytest.mark.parametrize("name", TURNED)
def test_an_image_is_turned_by_what_can_be_read(shown, name):
    kind, data = TURNED[name]
    upright = shown(plain(kind)).transpose(Image.Transpose.ROTATE_270)
    assert shown(data, (36, 64)).tobytes() == upright.tobytes()


@pytest.mark.parametrize("kind", RECOLOURED)
def test_a_colour_profile_counts_beside_metadata_that_cannot_be_read(shown, kind):
    """It says that the first number is blue and the last one red."""
    red, green, blue = shown(plain(kind)).resize((8, 4)).split()
    seen = shown(RECOLOURED[kind]).resize((8, 4))
    assert all(
        abs(a - b) <= 6 for a, b in zip(seen.tobytes(), Image.merge("RGB", [blue, green, red]).tobytes(), strict=True)
    )


def test_a_palette_keeps_its_transparency_beside_a_broken_comment(shown, tmp_path):
    palette = Image.new("P", SIZE)
    palette.putpalette([0, 0, 0] * 256)
    palette.save(tmp_path / "a.png", transparency=0)
    data = (tmp_path / "a.png").read_bytes()
    pixels = data.index(b"IDAT") - 4
    assert shown(data[:pixels] + chunk(b"zTXt", b"k\0\7") + data[pixels:]).getpixel((9, 9)) == (255, 255, 255)


def damaged(dice: random.Random, body: bytes) -> bytes:
    """A few bytes changed, and now and then the end cut off."""
    data = bytearray(body)
    for _ in range(dice.randint(1, 6)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data[: dice.randrange(len(data)) if dice.random() < 0.2 else None])


def with_damaged_metadata(kind: str, dice: random.Random) -> bytes:
    """Nothing here can turn or recolour the image: the orientation is of no type that there is."""
    exif = damaged(dice, bytes(turned()[:10]) + bytes(60))
    match kind:
        case "PNG":
            names = (b"tEXt", b"zTXt", b"iTXt", b"gAMA", b"cHRM", b"pHYs", b"acTL", b"fcTL", b"fdAT", b"sBIT", b"iCCP")
            loose = [chunk(name, damaged(dice, bytes(40)), dice.choice([None, b"sum!"])) for name in names]
            return png(chunk(b"eXIf", exif), *loose, after=b"".join(loose))
        case "JPEG":
            bodies = (b"MPF\0II*\0" + bytes(40), b"Photoshop 3.0\0" + b"8BIM\4\4" + bytes(20), PROFILE + bytes(30))
            loose = [
                segment(marker, damaged(dice, body)) for marker, body in zip((0xE2, 0xED, 0xE2), bodies, strict=True)
            ]
            return jpeg(segment(0xE1, b"Exif\0\0" + exif), *loose)
        case _:
            before = ((b"ICCP", damaged(dice, bytes(130))),)
            return webp(0x2C, before=before, after=((b"EXIF", exif), (b"XMP ", damaged(dice, bytes(40)))))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_random_damage_to_metadata_never_changes_the_image(shown, kind):
    wanted = shown(plain(kind)).tobytes()
    for seed in range(100):
        data = with_damaged_metadata(kind, random.Random(f"{kind} {seed}"))
        assert shown(data).tobytes() == wanted, f"seed {seed}"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_random_damage_anywhere_is_the_same_to_the_upload_and_to_the_film(tmp_path, kind):
    path, verdicts = tmp_path / "image", set()
    for seed in range(150):
        dice = random.Random(f"{kind} {seed}")
        path.write_bytes(damaged(dice, with_damaged_metadata(kind, dice)))
        verdict = taken(lambda: check_image(path), Refused)
        assert taken(lambda: prepare(path, SIZE), BadImage) == verdict, f"seed {seed}"
        verdicts.add(verdict)
    assert verdicts == {True, False}


def taken(look, refusal: type[Exception]) -> bool:
    try:
        look()
    except refusal:
        return False
    return True


class Unforeseen(BaseException):
    """Of no kind that anybody catches."""


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("reason", [SyntaxError, OSError, ValueError, FileNotFoundError, Unforeseen])
def test_whoever_gives_an_image_up_gets_back_what_they_raised(tmp_path, kind, reason):
    """Whenever that is: while the file is opened, while it is decoded, between the strips."""
    Image.effect_noise((160, 120), 90).convert("RGB").save(tmp_path / "image", kind, quality=95)
    asked = 0

    def check_stop() -> None:
        nonlocal asked
        asked += 1

    prepare(tmp_path / "image", (16, 9), check_stop=check_stop)
    assert asked > 3
    for turn in range(asked):
        left, given = iter(range(turn)), reason("enough")

        def give_up(left=left, given=given) -> None:
            if next(left, None) is None:
                raise given

        with pytest.raises(reason) as caught:
            prepare(tmp_path / "image", (16, 9), check_stop=give_up)
        assert caught.value is given


@pytest.mark.parametrize(
    "error", [IndexError, KeyError, TypeError, OverflowError, ZeroDivisionError, AssertionError, MemoryError]
)
def test_whatever_a_decoder_raises_is_a_bad_image(tmp_path, monkeypatch, error):
    def stumble(self) -> None:
        raise error("of the decoder")

    (tmp_path / "image").write_bytes(plain("PNG"))
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load_prepare", stumble)
    with pytest.raises(BadImage, match="of the decoder"):
        prepare(tmp_path / "image", SIZE)
    with pytest.raises(Refused, match="of the decoder"):
        check_image(tmp_path / "image")


def test_an_image_that_is_gone_is_told_from_a_bad_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        prepare(tmp_path / "image", SIZE)


def test_pieces_of_a_file_are_read_as_one(tmp_path):
    (tmp_path / "file").write_bytes(b"0123456789")
    with (tmp_path / "file").open("rb", buffering=0) as file:
        pieces = Pieces(file, [range(2), b"ab", range(7, 10)])
        assert pieces.read() == b"01ab789"
        assert (pieces.seek(-2, 2), pieces.read(9), pieces.tell(), pieces.read(9)) == (5, b"89", 7, b"")
        assert (pieces.seek(1), pieces.seek(2, 1), pieces.read(1)) == (1, 3, b"b")
