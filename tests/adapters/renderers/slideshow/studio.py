"""What the slideshow's tests need: images on the disk, images read from them, orders."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
from PIL import Image, ImageFilter

from adapters.renderers.slideshow.renderer import SlideshowRenderer
from domain.errors import Refused, Unavailable
from domain.rendering import RenderProgress, RenderRequest, Running
from domain.storyboard import OutputWishes, Scene

SMALL = OutputWishes(width=160, height=90, fps=10)


class LocalImages:
    """Reads images from a folder by their file name; `away` are those that cannot be fetched now."""

    def __init__(self, folder: Path, away: frozenset[str] = frozenset()) -> None:
        self._folder = folder
        self._away = away

    async def fetch(self, url: str) -> Path:
        path = self._folder / url
        if url in self._away:
            raise Unavailable("the image host does not answer")
        if not path.is_file():
            raise Refused("the image does not exist (404)")
        return path

    async def keep(self, data: bytes) -> str:
        raise Refused("read only")

    def stored(self, sha256: str) -> Path | None:
        return None


def draw(folder: Path, name: str, *, size: tuple[int, int] = (320, 180), colour: str | None = None) -> str:
    """Save a plain image, or soft noise, and return its file name."""
    if colour is not None:
        image = Image.new("RGB", size, colour)
    else:
        image = Image.effect_noise(size, 90).filter(ImageFilter.GaussianBlur(3)).convert("RGB")
    image.save(folder / name, quality=90)
    return name


def request(
    *urls: str, token: str = "t1", seconds: float = 1.0, output: OutputWishes = SMALL, scene: int | None = None
):
    scenes = tuple(
        Scene(scene_number=number, image_url=url, duration_seconds=seconds) for number, url in enumerate(urls, start=1)
    )
    deadline = datetime.now(UTC) + timedelta(minutes=10)
    return RenderRequest(job_id="7", token=token, scenes=scenes, output=output, deadline=deadline, scene=scene)


async def submit(renderer: SlideshowRenderer, wanted: RenderRequest) -> str:
    """Make the order and start its render, as the worker does."""
    return await renderer.submit(wanted, await renderer.prepare(wanted))


async def follow(renderer: SlideshowRenderer, token: str) -> RenderProgress:
    """Follow a render: which one, its token says."""
    return await renderer.follow(token, renderer.order_of(request("a.jpg", token=token)))


async def until(
    renderer: SlideshowRenderer,
    token: str,
    wanted: Callable[[RenderProgress], bool] = lambda progress: not isinstance(progress, Running),
    *,
    limit_seconds: float = 30.0,
) -> RenderProgress:
    """Follow the render until it is as wanted."""
    end = time.monotonic() + limit_seconds
    while time.monotonic() < end:
        progress = await follow(renderer, token)
        if wanted(progress):
            return progress
        await asyncio.sleep(0.01)
    raise AssertionError(f"still {progress} after {limit_seconds} s")


def frames(video: Path) -> list[av.VideoFrame]:
    with av.open(str(video)) as container:
        return list(container.decode(video=0))
