"""Put frames of a video side by side into one image: how docs/demo-frames.jpg was made.

python examples/contact_sheet.py DATA/videos/JOB/final.mp4 docs/demo-frames.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

import av
from PIL import Image

COLUMNS, ROWS = 3, 2
WIDTH, GAP = 420, 6
PAPER = (24, 26, 30)


def frames(video: Path) -> list[Image.Image]:
    """Return evenly spaced frames, the first and the last a little inside the video."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        everything = list(container.decode(stream))
    count = COLUMNS * ROWS
    wanted = [everything[round((n + 0.5) * len(everything) / count)] for n in range(count)]
    return [frame.to_image().resize((WIDTH, WIDTH * frame.height // frame.width)) for frame in wanted]


def sheet(images: list[Image.Image]) -> Image.Image:
    """Return the images in rows, in the order of time."""
    height = images[0].height
    size = (COLUMNS * (WIDTH + GAP) + GAP, ROWS * (height + GAP) + GAP)
    paper = Image.new("RGB", size, PAPER)
    for n, image in enumerate(images):
        paper.paste(image, (GAP + n % COLUMNS * (WIDTH + GAP), GAP + n // COLUMNS * (height + GAP)))
    return paper


if __name__ == "__main__":
    if len(sys.argv) != len(("program", "video", "image")):
        sys.exit(__doc__)
    sheet(frames(Path(sys.argv[1]))).save(sys.argv[2], quality=82, optimize=True)
