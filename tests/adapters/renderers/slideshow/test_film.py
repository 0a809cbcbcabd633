"""The file that the slideshow makes: length, shape, colours, order of its boxes."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from adapters.renderers.slideshow.renderer import SlideshowRenderer
from adapters.videos.boxes import box_types
from adapters.videos.probe import probe
from domain.rendering import Succeeded
from domain.storyboard import OutputWishes
from tests.adapters.renderers.slideshow.studio import draw, frames, request, submit, until

BT709 = 1
LIMITED = 1


async def render(renderer: SlideshowRenderer, staging: Path, *urls: str, **wishes) -> Path:
    outcome = await until(renderer, await submit(renderer, request(*urls, **wishes)))
    assert isinstance(outcome, Succeeded), outcome
    return staging / outcome.output_url.removeprefix("local:")


@pytest.mark.parametrize(("seconds", "fps", "count"), [(0.7, 10, 21), (1.0, 24, 72), (0.333, 30, 30), (0.01, 30, 1)])
async def test_the_film_is_as_long_as_its_scenes_together(renderer, images, staging, seconds, fps, count):
    urls = [draw(images, f"{n}.jpg") for n in range(3)]
    wishes = OutputWishes(width=64, height=36, fps=fps)
    video = await render(renderer, staging, *urls, seconds=seconds, output=wishes)
    assert len(frames(video)) == count
    assert probe(video).duration_seconds == pytest.approx(count / fps, abs=0.001)


@pytest.mark.parametrize(
    ("wishes", "size"),
    [
        (OutputWishes(fps=5), (1280, 720)),
        (OutputWishes(width=640, fps=5), (640, 360)),
        (OutputWishes(height=90, fps=5), (160, 90)),
        (OutputWishes(width=90, height=160, fps=5), (90, 160)),
        (OutputWishes(width=101, height=51, fps=5), (100, 52)),
    ],
)
async def test_the_film_has_the_size_that_was_wished_for(renderer, images, staging, wishes, size):
    video = await render(renderer, staging, draw(images, "a.jpg"), seconds=0.4, output=wishes)
    facts = probe(video)
    assert (facts.width, facts.height) == size
    assert facts.codec == "h264"


async def test_thirty_frames_a_second_where_nothing_is_said(renderer, images, staging):
    wishes = OutputWishes(width=64, height=36)
    video = await render(renderer, staging, draw(images, "a.jpg"), seconds=1.0, output=wishes)
    assert len(frames(video)) == 30


async def test_a_player_finds_the_index_before_the_images(renderer, images, staging):
    types = box_types(await render(renderer, staging, draw(images, "a.jpg")))
    assert types.index(b"moov") < types.index(b"mdat")


async def test_colours_are_bt709_and_say_so(renderer, images, staging):
    """Pure red is Y 63, U 102, V 240 in BT.709; with the BT.601 matrix it would be 81, 90, 240."""
    video = await render(renderer, staging, draw(images, "red.png", colour="#ff0000"))
    with av.open(str(video)) as container:
        context = container.streams.video[0].codec_context
        assert context.pix_fmt == "yuv420p"
        tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        assert tags == (BT709, BT709, BT709, LIMITED)
    middle = [plane_middle(frames(video)[5], index) for index in range(3)]
    assert middle == pytest.approx([63, 102, 240], abs=2)


async def test_scenes_follow_each_other_through_a_crossfade(renderer, images, staging):
    urls = [draw(images, f"{colour}.png", colour=colour) for colour in ("black", "white")]
    video = await render(renderer, staging, *urls, seconds=1.0, output=OutputWishes(width=64, height=36, fps=20))
    brightness = [plane_middle(frame, 0) for frame in frames(video)]
    assert brightness[:13] == pytest.approx([16] * 13, abs=2)
    assert brightness[-13:] == pytest.approx([235] * 13, abs=2)
    assert brightness == sorted(brightness)
    assert 100 < brightness[20] < 150


async def test_one_scene_alone_can_be_rendered(renderer, images, staging):
    urls = [draw(images, f"{colour}.png", colour=colour) for colour in ("black", "white")]
    video = await render(renderer, staging, *urls, seconds=0.5, scene=2)
    shown = frames(video)
    assert len(shown) == 5
    assert plane_middle(shown[0], 0) == pytest.approx(235, abs=2)


def plane_middle(frame: av.VideoFrame, index: int) -> int:
    plane = frame.planes[index]
    return memoryview(plane)[plane.line_size * (plane.height // 2) + plane.width // 2]
