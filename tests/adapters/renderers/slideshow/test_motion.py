"""The camera moves smoothly: by fractions of a pixel, at a constant speed, never beyond the image."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PIL import Image, ImageDraw

from adapters.renderers.slideshow.motion import MOVES, Timeline
from adapters.renderers.slideshow.planes import crop, to_planes

FPS = 30


def frame_times(timeline: Timeline) -> list[float]:
    return [(number + 0.5) / FPS for number in range(round(timeline.seconds * FPS))]


@pytest.mark.parametrize("durations", [[3.0] * 6, [0.2, 5.0, 0.2, 600.0], [1.6] * 5, [0.04, 0.04], [2.0]])
def test_the_window_stays_within_the_image_and_weights_make_one(durations):
    timeline = Timeline(durations)
    for time in frame_times(timeline):
        seen = timeline.views_at(time)
        assert 1 <= len(seen) <= 2
        assert sum(part.weight for part in seen) == pytest.approx(1)
        for part in seen:
            left, top, right, bottom = part.box
            assert -1e-9 <= left < right <= 1 + 1e-9
            assert -1e-9 <= top < bottom <= 1 + 1e-9


@pytest.mark.parametrize("durations", [[3.0] * 6, [0.2, 5.0, 0.2, 60.0], [1.6] * 5])
def test_every_scene_moves_at_a_constant_speed_from_first_to_last_sight(durations):
    timeline = Timeline(durations)
    boxes: dict[int, list[tuple[float, ...]]] = {}
    for time in frame_times(timeline):
        for part in timeline.views_at(time):
            boxes.setdefault(part.scene, []).append(part.box)
    assert sorted(boxes) == list(range(len(durations)))
    for path in boxes.values():
        for edge in range(4):
            steps = [after[edge] - before[edge] for before, after in pairwise(path)]
            assert max(steps) - min(steps) < 1e-9


def test_a_crossfade_lies_half_on_each_side_of_the_cut():
    timeline = Timeline([2.0, 2.0])
    assert len(timeline.views_at(1.69)) == 1
    assert [part.weight for part in timeline.views_at(2.0)] == pytest.approx([0.5, 0.5])
    assert len(timeline.views_at(2.31)) == 1
    assert timeline.scene_at(1.99) == 0
    assert timeline.scene_at(2.0) == 1


def test_a_mark_in_the_image_moves_evenly_by_parts_of_a_pixel():
    """With whole pixels the mark would stand still for some frames and jump in others."""
    image = Image.new("RGB", (368, 208))
    ImageDraw.Draw(image).ellipse((150, 80, 170, 100), fill="white")
    planes, timeline = to_planes(image), Timeline([8.0] * len(MOVES))
    for scene in range(len(MOVES)):
        times = [8 * scene + 2 + number / FPS for number in range(40)]
        marks = [mark_at(crop(planes, timeline.views_at(time)[0].box, (320, 180)).y) for time in times]
        for axis in range(2):
            steps = [after[axis] - before[axis] for before, after in pairwise(marks)]
            assert max(abs(step) for step in steps) < 0.5
            assert max(steps) - min(steps) < 0.06


def mark_at(image: Image.Image) -> tuple[float, float]:
    """Centre of brightness, in pixels."""
    dark = 16
    data, width = image.tobytes(), image.width
    weights = [max(0, value - dark) for value in data]
    total = sum(weights)
    x = sum(weight * (index % width) for index, weight in enumerate(weights) if weight) / total
    y = sum(weight * (index // width) for index, weight in enumerate(weights) if weight) / total
    return x, y
