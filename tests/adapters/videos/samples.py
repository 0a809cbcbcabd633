"""Small real videos, made by the encoder itself."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from PIL import Image


def make_video(
    path: Path,
    *,
    seconds: float = 2.0,
    size: tuple[int, int] = (160, 90),
    codec: str = "libx264",
    container: str = "mp4",
    movflags: str = "+faststart",
) -> Path:
    """Write a video of noise, 10 images a second, so that it has some weight."""
    options = {"movflags": movflags} if movflags and container in {"mp4", "mov"} else {}
    with av.open(str(path), "w", format=container, options=options) as file:
        stream = file.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(round(seconds * 10)):
            frame = av.VideoFrame.from_image(Image.effect_noise(size, 60 + number).convert("RGB"))
            frame.pts, frame.time_base = number, Fraction(1, 10)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path
