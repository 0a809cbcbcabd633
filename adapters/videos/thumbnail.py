"""A small thumbnail of a video."""

from __future__ import annotations

from pathlib import Path

import av
from av.video.frame import VideoFrame
from PIL import Image

from adapters.videos.probe import open_video
from domain.errors import Refused

WIDEST = 640
SHARE = 1 / 3
MOST_FRAMES_DECODED = 300
QUALITY = 82


def save_thumbnail(video: Path, target: Path, *, duration_seconds: float) -> None:
    """Write a JPEG of the frame at a third of the video, at most 640 pixels wide.

    Raises Refused where no frame can be decoded, OSError.
    """
    try:
        frame = _frame_at(video, duration_seconds * SHARE)
    except av.FFmpegError as error:
        raise Refused(f"Not a valid video: {error.strerror or error}") from error
    if frame is None:
        raise Refused("Not a valid video: no image can be decoded")
    width = min(WIDEST, frame.width)
    height = max(1, round(frame.height * width / frame.width))
    small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    image: Image.Image = small.to_image()  # type: ignore[no-untyped-call]  # PyAV has no type for it
    image.save(target, format="JPEG", quality=QUALITY)


def _frame_at(video: Path, seconds: float) -> VideoFrame | None:
    """Return the first frame at or after `seconds`, or the last of `MOST_FRAMES_DECODED`."""
    with open_video(video) as container:
        stream = container.streams.video[0]
        container.seek(int(seconds * av.time_base), backward=True)
        latest: VideoFrame | None = None
        for count, frame in enumerate(container.decode(stream), start=1):
            latest = frame
            if frame.time >= seconds or count >= MOST_FRAMES_DECODED:
                break
        return latest
