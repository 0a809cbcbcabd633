"""Whole images with metadata of every kind, most of them broken. The pixels are always those of `plain`."""

from __future__ import annotations

import io
import random
import struct
import zlib
from functools import cache

from PIL import Image, ImageCms

SIZE = (64, 36)
LABEL = b'AIGC:{"Label":"1","ContentProducer":"001"}'
XMP = b'<x:xmpmeta xmlns:tiff="x" tiff:Orientation="6"/>'
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
NOISE = random.Random(11).randbytes(200)


@cache
def plain(kind: str) -> bytes:
    """An image that is another one when it is turned, and that has no metadata."""
    down = Image.linear_gradient("L").resize(SIZE)
    across = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).resize(SIZE)
    out = io.BytesIO()
    Image.merge("RGB", [down, down.transpose(Image.Transpose.ROTATE_180), across]).save(out, kind)
    return out.getvalue()


def chunk(name: bytes, body: bytes, checksum: bytes | None = None) -> bytes:
    """A chunk of a PNG, with the right checksum or another one."""
    right = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + (right if checksum is None else checksum)


def png(*before: bytes, after: bytes = b"") -> bytes:
    data = plain("PNG")
    pixels, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    return data[:pixels] + b"".join(before) + data[pixels:end] + after + data[end:]


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg(*segments: bytes, jfif: bool = True) -> bytes:
    data = plain("JPEG")
    return data[:2] + b"".join(segments) + data[2 if jfif else data.index(b"\xff\xdb") :]


def webp(flags: int, *, before: tuple[tuple[bytes, bytes], ...] = (), after=(), cut: int = 0) -> bytes:
    """A WebP whose first chunk promises by `flags`; `cut` bytes are missing at its end."""

    def part(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)

    sides = b"".join((side - 1).to_bytes(3, "little") for side in SIZE)
    parts = [part(b"VP8X", bytes([flags, 0, 0, 0]) + sides), *(part(*each) for each in before)]
    body = b"".join([b"WEBP", *parts, plain("WEBP")[12:], *(part(*each) for each in after)])
    data = b"RIFF" + struct.pack("<I", len(body)) + body
    return data[: len(data) - cut]


def tiff(*entries: tuple[int, int, int, bytes], following: int = 0, tail: bytes = b"") -> bytes:
    """What an EXIF block is inside: entries of tag, type, count and value."""
    table = b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    return struct.pack("<4sIH", b"II*\0", 8, len(entries)) + table + struct.pack("<I", following) + tail


def turned(orientation: int = 6) -> bytes:
    """A good EXIF block."""
    return tiff((0x0112, 3, 1, struct.pack("<I", orientation)))


EXIF = {
    "a label in its place": LABEL,
    "nothing": b"",
    "one byte": b"I",
    "a cut header": b"II*\0\x08\0",
    "a cut header of BigTIFF": b"II\x2b\0\x08\0",
    "a cut table": turned()[:14],
    "a table behind the end": b"II*\0\xff\xff\xff\x7f",
    "a table inside its header": b"II*\0\0\0\0\0",
    "65535 entries that are not there": b"II*\0\x08\0\0\0\xff\xff" + bytes(30),
    "tables in a loop": tiff((0x8769, 4, 1, b"\x08\0\0\0"), (0x8825, 4, 1, b"\x08\0\0\0"), following=8),
    "GPS behind the end": tiff((0x8825, 4, 1, b"\xff\xff\xff\xff")),
    "orientation 0": turned(0),
    "orientation 9": turned(9),
    "orientation 999": turned(999),
    "orientation as text": tiff((0x0112, 2, 4, b"six\0")),
    "orientation as bytes": tiff((0x0112, 7, 1, b"\6\0\0\0")),
    "orientation as a fraction": tiff((0x0112, 5, 1, b"\x1a\0\0\0"), tail=struct.pack("<II", 6, 1)),
    "orientation as a real number": tiff((0x0112, 11, 1, struct.pack("<f", 6.0))),
    "orientation that is no number": tiff((0x0112, 11, 1, struct.pack("<f", float("nan")))),
    "four thousand million orientations": tiff((0x0112, 3, 0xFFFFFFFF, b"\x08\0\0\0")),
    "a resolution as text": tiff((0x011A, 2, 2, b"7\0\0\0"), (0x0128, 3, 1, b"\2\0\0\0")),
    "noise": NOISE,
}
PROFILES = {
    "text": b"no profile",
    "a cut profile": SRGB[:300],
    "a profile that lies about its size": b"\xff\xff\xff\xff" + SRGB[4:],
    "a profile of CMYK": SRGB[:16] + b"CMYK" + SRGB[20:],
    "a profile of greys": SRGB[:16] + b"GRAY" + SRGB[20:],
    "a profile with too many tags": SRGB[:128] + b"\xff\xff\xff\xff" + SRGB[132:],
}
PNG_CHUNKS = [b"tEXt", b"zTXt", b"iTXt", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"tIME", b"eXIf", b"iCCP", b"tRNS"]
PNG_CHUNKS += [b"acTL", b"fcTL", b"fdAT", b"bKGD", b"hIST", b"sBIT", b"sPLT", b"cICP", b"prVt"]
NAMES_OF_PILLOW = ["exif", "icc_profile", "transparency", "interlace", "bbox", "xmp", "default_image"]
BOMB = zlib.compress(bytes(3_000_000))
PHOTOSHOP, MPF, PROFILE = b"Photoshop 3.0\0", b"MPF\0", b"ICC_PROFILE\0"


def _mpf(entries: bytes) -> bytes:
    """An index of two images."""
    return MPF + tiff((0xB001, 4, 1, b"\2\0\0\0"), (0xB002, 7, len(entries), b"\x26\0\0\0"), tail=entries)


def broken_pngs() -> dict[str, bytes]:
    broken: dict[str, bytes] = {}
    for name in PNG_CHUNKS:
        for what, body in {"empty": b"", "short": b"\1", "ones": b"\xff" * 40, "zeros": bytes(40)}.items():
            broken[f"{name.decode()} {what}"] = png(chunk(name, body))
            broken[f"{name.decode()} {what}, behind the pixels"] = png(after=chunk(name, body))
        broken[f"{name.decode()} of a wrong checksum"] = png(chunk(name, bytes(40), b"sum!"))
    for keyword in NAMES_OF_PILLOW:
        broken[f"a text that is called {keyword}"] = png(chunk(b"tEXt", keyword.encode() + b"\0yes"))
        broken[f"a packed text that is called {keyword}"] = png(
            chunk(b"zTXt", keyword.encode() + b"\0\0" + zlib.compress(b"yes"))
        )
    broken["a raw profile that is no number"] = png(chunk(b"tEXt", b"Raw profile type exif\0\n\n\nzz"))
    broken["a packed text of another method"] = png(chunk(b"zTXt", b"k\0\7" + BOMB))
    broken["a text that unpacks to megabytes"] = png(chunk(b"zTXt", b"k\0\0" + BOMB))
    broken["an international one, behind the pixels"] = png(after=chunk(b"iTXt", b"k\0\1\0\0\0" + BOMB))
    broken["a profile that unpacks to megabytes"] = png(chunk(b"iCCP", b"p\0\0" + BOMB))
    broken["a profile that does not unpack"] = png(chunk(b"iCCP", b"p\0\0garbage"))
    broken["a profile of another method"] = png(chunk(b"iCCP", b"p\0\7" + zlib.compress(SRGB)))
    frame = struct.pack(">IIIIIHHBB", 0, 9, 9, 60, 30, 1, 10, 0, 0)
    broken["a frame outside"] = png(chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", frame))
    broken |= {f"EXIF: {what}": png(chunk(b"eXIf", exif)) for what, exif in EXIF.items()}
    broken |= {f"EXIF behind the pixels: {what}": png(after=chunk(b"eXIf", exif)) for what, exif in EXIF.items()}
    broken |= {what: png(chunk(b"iCCP", b"p\0\0" + zlib.compress(profile))) for what, profile in PROFILES.items()}
    return broken


def broken_jpegs() -> dict[str, bytes]:
    broken = {
        f"APP{number}: {len(body)} bytes": jpeg(segment(0xE0 + number, body))
        for number in range(16)
        for body in (b"", b"\0", NOISE)
    }
    for body in (b"JFIF", b"JFIF\0\1", b"JFIF\0\1\2\1\0", b"JFIF\0\1\2\1" + bytes(6)):
        broken[f"JFIF of {len(body)} bytes"] = jpeg(segment(0xE0, body), jfif=False)
    broken |= {f"Adobe of {size} bytes": jpeg(segment(0xEE, b"Adobe\0\x64\0\0\0\0"[:size])) for size in (5, 6, 10)}
    broken |= {
        f"8BIM {body!r}": jpeg(segment(0xED, PHOTOSHOP + b"8BIM" + body))
        for body in (b"", b"\4", b"\4\4", b"\4\4\xffab", b"\4\4\0\0\xff\xff\xff\xff", b"\3\xed\0\0\0\0\0\2ab")
    }
    broken |= {
        f"profile part {body!r}": jpeg(segment(0xE2, PROFILE + body))
        for body in (b"", b"\1", b"\0\0a", b"\1\x09a", b"\xff\xff")
    }
    entry = struct.pack("<LLLHH", 0x030000, 100, 0, 0, 0)
    broken |= {
        f"MPF {body[4:20]!r}": jpeg(segment(0xE2, body))
        for body in (MPF, MPF + LABEL, MPF + b"II*\0", MPF + tiff((0xB001, 2, 4, b"two\0")))
    }
    broken["MPF without its entries"] = jpeg(segment(0xE2, _mpf(b"")))
    broken["MPF with one entry of two"] = jpeg(segment(0xE2, _mpf(entry)))
    broken["MPF of another format"] = jpeg(segment(0xE2, _mpf(struct.pack("<LLLHH", 7 << 24, 1, 0, 0, 0) * 2)))
    broken["MPF that points nowhere"] = jpeg(segment(0xE2, _mpf(entry + struct.pack("<LLLHH", 0, 1, 2**32 - 1, 0, 0))))
    broken["XMP that is no text"] = jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0\xff\xfe<x"))
    broken["a comment without a length"] = jpeg(b"\xff\xfe\0\0")
    for what, exif in EXIF.items():
        broken[f"EXIF: {what}"] = jpeg(segment(0xE1, b"Exif\0\0" + exif))
        broken[f"EXIF without JFIF: {what}"] = jpeg(segment(0xE1, b"Exif\0\0" + exif), jfif=False)
    broken |= {what: jpeg(segment(0xE2, PROFILE + b"\1\1" + profile)) for what, profile in PROFILES.items()}
    return broken


def broken_webps() -> dict[str, bytes]:
    broken = {f"it promises {flags:#x}": webp(flags) for flags in (0x20, 0x08, 0x04, 0x2C, 0xC1)}
    for cut in (1, 3, 7, 9, 13):
        broken[f"EXIF cut by {cut}"] = webp(0x08, after=((b"EXIF", turned()[:10]),), cut=cut)
        broken[f"XMP cut by {cut}"] = webp(0x04, after=((b"XMP ", XMP[:10]),), cut=cut)
        broken[f"XMP behind EXIF, cut by {cut}"] = webp(0x0C, after=((b"EXIF", LABEL), (b"XMP ", XMP[:10])), cut=cut)
    broken["an unknown chunk"] = webp(0, before=((b"abcd", b"123"),), after=((b"EFGH", b""),))
    broken["EXIF that nobody promised"] = webp(0, after=((b"EXIF", turned()),))
    broken |= {f"EXIF: {what}": webp(0x08, after=((b"EXIF", exif),)) for what, exif in EXIF.items()}
    broken |= {what: webp(0x20, before=((b"ICCP", profile),)) for what, profile in PROFILES.items()}
    return broken


BROKEN = {
    f"{kind} {what}": (kind, data)
    for kind, images in {"PNG": broken_pngs(), "JPEG": broken_jpegs(), "WEBP": broken_webps()}.items()
    for what, data in images.items()
}
