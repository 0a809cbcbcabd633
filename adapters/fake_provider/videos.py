"""Small real MP4 files, made on demand and cached: a moving bar, so that all seconds differ."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

import av
from PIL import Image, ImageDraw

WIDTH, HEIGHT, FRAMES_PER_SECOND = 320, 180, 12
STEP_SECONDS = 0.5
LONGEST_SECONDS = 60.0
MOST_KEPT = 64

_BACKGROUND, _BAR = (20, 40, 90), (240, 180, 40)


def video(seconds: float) -> bytes:
    """Return an H.264 video of about that length (to half a second). Its index is first: a cut is hard to notice."""
    steps = max(round(min(seconds, LONGEST_SECONDS) / STEP_SECONDS), 1)
    return _video(steps)


@lru_cache(maxsize=MOST_KEPT)
def _video(steps: int) -> bytes:
    frames = int(steps * STEP_SECONDS * FRAMES_PER_SECOND)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "output.mp4"
        with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            stream.options = {"crf": "30", "preset": "ultrafast"}
            for number in range(frames):
                frame = av.VideoFrame.from_image(_image(number / frames))  # type: ignore[no-untyped-call]
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path.read_bytes()


def _image(part: float) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), _BACKGROUND)
    left = int(part * (WIDTH - 40))
    ImageDraw.Draw(image).rectangle((left, 30, left + 40, HEIGHT - 30), fill=_BAR)
    return image
