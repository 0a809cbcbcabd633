"""Size and frame rate of the film: the output wishes, with defaults for what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from domain.storyboard import LARGEST_SIDE, SMALLEST_SIDE, OutputWishes

DEFAULT_HEIGHT, DEFAULT_FPS = 720, 30
ASPECT = 16 / 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Pixels (even, as H.264 needs them) and frames per second."""

    width: int
    height: int
    fps: int


def screen_of(wishes: OutputWishes) -> Screen:
    """Fill in what is None; a missing side follows from the other one at 16:9."""
    height = wishes.height or (wishes.width / ASPECT if wishes.width else DEFAULT_HEIGHT)
    width = wishes.width or height * ASPECT
    return Screen(width=_side(width), height=_side(height), fps=wishes.fps or DEFAULT_FPS)


def _side(length: float) -> int:
    return min(max(even(length), SMALLEST_SIDE), LARGEST_SIDE)


def even(length: float) -> int:
    """Round to the nearest even whole number."""
    return 2 * round(length / 2)
