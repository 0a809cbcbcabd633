"""Which part of which image is shown when. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

FADE_SECONDS = 0.6
FADE_SHARE = 0.5
"""A crossfade takes at most this share of the shorter scene, so that three scenes never overlap."""

MOST_ZOOM = 0.12
ZOOM_PER_SECOND = 0.05
"""A short scene moves less, so that no movement is too fast."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class CameraPosition:
    """A window on an image: the zoom (0: all of it, 1: the most), and the place (0 to 1 of the room beside it)."""

    zoom: float
    x: float
    y: float


MOVES = (
    (CameraPosition(0.0, 0.5, 0.5), CameraPosition(1.0, 0.5, 0.42)),
    (CameraPosition(0.8, 0.0, 0.5), CameraPosition(0.8, 1.0, 0.4)),
    (CameraPosition(1.0, 0.35, 0.5), CameraPosition(0.0, 0.5, 0.5)),
    (CameraPosition(0.8, 0.9, 0.8), CameraPosition(0.8, 0.1, 0.2)),
    (CameraPosition(0.0, 0.5, 0.5), CameraPosition(1.0, 0.6, 0.6)),
)


@dataclass(frozen=True, slots=True)
class View:
    """One image in one frame: the visible part, in shares of its width and height, and its weight (0 to 1)."""

    scene: int
    box: Box
    weight: float


class Timeline:
    """The scenes in order; a crossfade begins before and ends after the end of a scene, by the same time."""

    def __init__(self, durations: Sequence[float]) -> None:
        self._durations = durations
        self._ends = list(accumulate(durations))
        halves = [min(FADE_SECONDS, FADE_SHARE * min(before, after)) / 2 for before, after in pairwise(durations)]
        self._fade_in = [0.0, *halves]
        self._fade_out = [*halves, 0.0]

    @property
    def seconds(self) -> float:
        """Length of the whole video."""
        return self._ends[-1]

    def scene_at(self, time: float) -> int:
        """Return the scene, from 0, to which this moment belongs."""
        return min(bisect_right(self._ends, time), len(self._ends) - 1)

    def views_at(self, time: float) -> tuple[View, ...]:
        """Return what is shown at this moment: one image, or two during a crossfade; the weights add up to 1."""
        scene = self.scene_at(time)
        start, end = self._ends[scene] - self._durations[scene], self._ends[scene]
        if (half := self._fade_in[scene]) and time < start + half:
            return self._crossfade(scene - 1, time, share=(time - start + half) / (2 * half))
        if (half := self._fade_out[scene]) and time > end - half:
            return self._crossfade(scene, time, share=(time - end + half) / (2 * half))
        return (self._view(scene, time, 1.0),)

    def _crossfade(self, scene: int, time: float, *, share: float) -> tuple[View, ...]:
        eased = share * share * (3 - 2 * share)
        return self._view(scene, time, 1 - eased), self._view(scene + 1, time, eased)

    def _view(self, scene: int, time: float, weight: float) -> View:
        """Move at a constant speed as long as the scene is shown."""
        first = self._ends[scene] - self._durations[scene] - self._fade_in[scene]
        seconds = self._ends[scene] + self._fade_out[scene] - first
        zoom = min(MOST_ZOOM, ZOOM_PER_SECOND * seconds)
        start, end = (_box(position, zoom) for position in MOVES[scene % len(MOVES)])
        share = min(max((time - first) / seconds, 0.0), 1.0)
        left, top, right, bottom = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        return View(scene, (left, top, right, bottom), weight)


def _box(position: CameraPosition, most_zoom: float) -> Box:
    size = 1 / (1 + position.zoom * most_zoom)
    left, top = position.x * (1 - size), position.y * (1 - size)
    return left, top, left + size, top + size
