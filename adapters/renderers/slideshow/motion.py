"""Which part of which image is seen when: pure arithmetic over scene durations."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

FADE_SECONDS = 0.6
FADE_SHARE = 0.5
"""A crossfade takes at most this share of the shorter of its two scenes, so that no three ever overlap."""

MOST_ZOOM = 0.12
ZOOM_PER_SECOND = 0.05
"""A short scene moves less, so that none of them hurries."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class View:
    """A window on an image: how far in (0: all of it, 1: the most), and where (0-1 of the room left beside it)."""

    zoom: float
    x: float
    y: float


MOVES = (
    (View(0.0, 0.5, 0.5), View(1.0, 0.5, 0.42)),
    (View(0.8, 0.0, 0.5), View(0.8, 1.0, 0.4)),
    (View(1.0, 0.35, 0.5), View(0.0, 0.5, 0.5)),
    (View(0.8, 0.9, 0.8), View(0.8, 0.1, 0.2)),
    (View(0.0, 0.5, 0.5), View(1.0, 0.6, 0.6)),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One image in one frame: the part that is seen, in shares of its width and height, and how strongly."""

    scene: int
    box: Box
    weight: float


class Timeline:
    """Scenes one after the other; crossfades lie half before and half after the moment where they meet."""

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

    def seen_at(self, time: float) -> tuple[Seen, ...]:
        """Return what is seen at this moment: one image, or two during a crossfade; the weights make 1."""
        scene = self.scene_at(time)
        start, end = self._ends[scene] - self._durations[scene], self._ends[scene]
        if (half := self._fade_in[scene]) and time < start + half:
            return self._crossfade(scene - 1, time, share=(time - start + half) / (2 * half))
        if (half := self._fade_out[scene]) and time > end - half:
            return self._crossfade(scene, time, share=(time - end + half) / (2 * half))
        return (self._seen(scene, time, 1.0),)

    def _crossfade(self, scene: int, time: float, *, share: float) -> tuple[Seen, ...]:
        eased = share * share * (3 - 2 * share)
        return self._seen(scene, time, 1 - eased), self._seen(scene + 1, time, eased)

    def _seen(self, scene: int, time: float, weight: float) -> Seen:
        """Move at a constant speed from the first moment the scene is seen to the last."""
        first = self._ends[scene] - self._durations[scene] - self._fade_in[scene]
        seconds = self._ends[scene] + self._fade_out[scene] - first
        zoom = min(MOST_ZOOM, ZOOM_PER_SECOND * seconds)
        start, end = (_box(view, zoom) for view in MOVES[scene % len(MOVES)])
        share = min(max((time - first) / seconds, 0.0), 1.0)
        left, top, right, bottom = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        return Seen(scene, (left, top, right, bottom), weight)


def _box(view: View, most_zoom: float) -> Box:
    size = 1 / (1 + view.zoom * most_zoom)
    left, top = view.x * (1 - size), view.y * (1 - size)
    return left, top, left + size, top + size
