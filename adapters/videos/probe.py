"""Checks that a file is a complete, playable MP4 by reading all of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av

from adapters.videos.boxes import Malformed, box_types
from domain.errors import Refused

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

SMALLEST_BYTES = 1024
LARGEST_SIDE = 8192
SLACK_SECONDS = 0.5
SLACK_SHARE = 0.02
"""The video may lack this much of its declared duration and number of frames: writers round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
    """What the file says of its first video stream, checked against its packets."""

    duration_seconds: float
    width: int
    height: int
    codec: str


def probe(path: Path) -> VideoFacts:
    """Read the whole file and return its facts. Blocks, in constant memory.

    Raises Refused (`Downloaded file is empty`, `Not a valid video: …`), OSError.
    """
    size = path.stat().st_size
    if size == 0:
        raise Refused("Downloaded file is empty")
    if size < SMALLEST_BYTES:
        raise Refused(f"Not a valid video: {size} bytes are too few")
    try:
        box_types(path)
        with open_video(path, edited=False) as container:
            end_seconds = _check_whole(container)
        with open_video(path) as container:
            return _facts(container, end_seconds)
    except Malformed as error:
        raise Refused(f"Not a valid video: {error} (MP4 and MOV are accepted)") from error
    except av.FFmpegError as error:
        raise Refused(f"Not a valid video: {error.strerror or error}") from error


def open_video(path: Path, *, edited: bool = True) -> InputContainer:
    """Open a local MP4, but no file that it refers to; not `edited`: with what its edit list leaves out."""
    options = {"protocol_whitelist": "file", "advanced_editlist": str(int(edited))}
    return av.open(f"file:{path}", mode="r", format="mov", options=options)


def _check_whole(container: InputContainer) -> float:
    """Compare all packets with what the index declares; return where the video ends, in seconds."""
    if not container.streams.video:
        raise Malformed("it has no image")
    stream = container.streams.video[0]
    frames_declared, declared = stream.frames, _declared_seconds(container, stream)
    end_seconds, frames = _demux(container, stream)
    if frames < (1 - SLACK_SHARE) * frames_declared:
        raise Malformed(f"{frames} of {frames_declared} images are there")
    if end_seconds < declared - max(SLACK_SECONDS, SLACK_SHARE * declared):
        raise Malformed(f"it ends after {end_seconds:.1f} of {declared:.1f} s")
    return end_seconds


def _facts(container: InputContainer, end_seconds: float) -> VideoFacts:
    stream = container.streams.video[0]
    width, height = stream.codec_context.width, stream.codec_context.height
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise Malformed(f"{width}x{height} pixels, at most {LARGEST_SIDE} a side")
    duration = _declared_seconds(container, stream) or end_seconds
    if duration <= 0:
        raise Malformed("it lasts no time")
    return VideoFacts(duration_seconds=round(duration, 6), width=width, height=height, codec=stream.codec_context.name)


def _declared_seconds(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration else 0.0


def _demux(container: InputContainer, stream: VideoStream) -> tuple[float, int]:
    """Read every packet of every stream; return where the video ends, in seconds, and its number of packets."""
    end = frames = 0
    start: int | None = None
    for packet in container.demux():
        if packet.is_corrupt:
            raise Malformed("a packet is damaged")
        if packet.stream.index != stream.index or packet.pts is None:
            continue
        frames += 1
        start = packet.pts if start is None else min(start, packet.pts)
        end = max(end, packet.pts + (packet.duration or 0))
    if not frames or stream.time_base is None:
        raise Malformed("it has no image")
    return float((end - min(start or 0, 0)) * stream.time_base), frames
