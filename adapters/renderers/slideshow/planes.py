"""Images as the three planes of BT.709 video (4:2:0, limited range): converted once, cropped and mixed by plane.

It is half the work of converting every frame, with the same result: resizing and blending are linear.
"""

from __future__ import annotations

from dataclasses import dataclass

from av import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from PIL import Image

from adapters.renderers.slideshow.motion import Box

BT709 = 1
"""ITU-T H.273: the code of BT.709 for matrix, primaries and transfer."""


@dataclass(frozen=True, slots=True)
class Planes:
    """Brightness at full size, the two colour differences at half size."""

    y: Image.Image
    u: Image.Image
    v: Image.Image


def to_planes(image: Image.Image) -> Planes:
    """Convert an RGB image with even sides."""
    rgb: VideoFrame = VideoFrame.from_image(image)  # type: ignore[no-untyped-call]  # PyAV has no type for it
    frame = rgb.reformat(
        format="yuv420p",
        interpolation=Interpolation.AREA | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND,
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        threads=1,
    )
    return Planes(
        *(
            Image.frombuffer("L", (plane.width, plane.height), bytes(plane), "raw", "L", plane.line_size, 1)
            for plane in frame.planes
        )
    )


def crop(planes: Planes, box: Box, size: tuple[int, int]) -> Planes:
    """Return the part in `box` (shares of the image) at `size`; exact to fractions of a pixel, to avoid jitter."""
    half = (size[0] // 2, size[1] // 2)
    return Planes(
        _part(planes.y, box, size, Image.Resampling.BICUBIC),
        _part(planes.u, box, half, Image.Resampling.BILINEAR),
        _part(planes.v, box, half, Image.Resampling.BILINEAR),
    )


def mix(first: Planes, second: Planes, share: float) -> Planes:
    """Blend two images of one size; `share` is the weight of the second."""
    return Planes(
        Image.blend(first.y, second.y, share),
        Image.blend(first.u, second.u, share),
        Image.blend(first.v, second.v, share),
    )


def to_frame(planes: Planes) -> VideoFrame:
    """Make a frame of them, marked as BT.709."""
    frame = VideoFrame(planes.y.width, planes.y.height, "yuv420p")
    for target, plane in zip(frame.planes, (planes.y, planes.u, planes.v), strict=True):
        target.update(plane.tobytes("raw", ("L", target.line_size, 1)))
    frame.colorspace = frame.color_primaries = frame.color_trc = BT709
    frame.color_range = ColorRange.MPEG
    return frame


def _part(plane: Image.Image, box: Box, size: tuple[int, int], resampling: Image.Resampling) -> Image.Image:
    left, top, right, bottom = box
    width, height = plane.size
    edges = (left * width, top * height, min(right * width, width), min(bottom * height, height))
    return plane.resize(size, resampling, box=edges)
