"""Small images, made when they are needed."""

from __future__ import annotations

import io
import random

from PIL import Image


def image_bytes(kind: str = "JPEG", *, size: tuple[int, int] = (64, 48), mode: str = "RGB") -> bytes:
    """Noise in the asked format: it does not compress, so that a cut really takes pixels away."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    noise = random.Random(7).randbytes(size[0] * size[1] * channels)
    out = io.BytesIO()
    Image.frombytes(mode, size, noise).save(out, kind)
    return out.getvalue()
