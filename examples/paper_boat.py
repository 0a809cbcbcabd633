"""The hero of the demo: a folded paper boat on the water."""

from __future__ import annotations

from dataclasses import dataclass

from brush import Canvas, Point, placed

LEFT_SAIL = ((0.0, -1.12), (-0.47, -0.26), (0.0, -0.12))
RIGHT_SAIL = ((0.0, -1.12), (0.47, -0.26), (0.0, -0.12))
BACK_LEFT = ((-1.0, -0.42), (-0.47, -0.26), (0.0, -0.12), (0.0, -0.5), (-0.3, -0.57))
BACK_RIGHT = ((1.0, -0.42), (0.47, -0.26), (0.0, -0.12), (0.0, -0.5), (0.3, -0.57))
HULL_LEFT = ((-1.0, -0.42), (0.0, -0.1), (0.0, 0.36), (-0.58, 0.36))
HULL_RIGHT = ((1.0, -0.42), (0.0, -0.1), (0.0, 0.36), (0.58, 0.36))
WATERLINE = 0.27


@dataclass(frozen=True, slots=True)
class Paper:
    """Colours of the side in the light, of the side in the shade, and inside."""

    light: str
    shade: str
    inside: str


@dataclass(frozen=True, slots=True)
class Water:
    """Colours of the water at the hull, and of the light on it."""

    deep: str
    bright: str


def boat(canvas: Canvas, at: Point, size: float, *, tilt: float, paper: Paper, water: Water) -> None:
    """Draw the boat with its mirror image, its shadow and the water that it parts."""
    x, y = at
    line = y + WATERLINE * size
    canvas.oval(x, line + 4, (size * 1.15, size * 0.12), water.deep, alpha=0.55, blur=8)
    for part, fill in _parts(paper):
        upside_down = [(a, 2 * WATERLINE - b) for a, b in part]
        canvas.shape(placed(upside_down, x, y, size, -tilt), fill, alpha=0.3, blur=3)
    for part, fill in _parts(paper):
        canvas.shape(placed(part, x, y, size, tilt), fill)
    canvas.oval(x, line + size * 0.12, (size * 0.74, size * 0.1), water.deep, alpha=0.8, blur=2.5)
    canvas.glints(_ripples(x, line, size), water.bright, alpha=0.55)


def _parts(paper: Paper) -> tuple[tuple[tuple[Point, ...], str], ...]:
    return (
        (BACK_LEFT, paper.inside),
        (BACK_RIGHT, paper.inside),
        (LEFT_SAIL, paper.shade),
        (RIGHT_SAIL, paper.light),
        (HULL_LEFT, paper.shade),
        (HULL_RIGHT, paper.light),
    )


def _ripples(x: float, line: float, size: float) -> list[tuple[float, float, float, float]]:
    spots = [(x, line + size * 0.03, size * 0.6, 1.6)]
    for number, reach in enumerate((0.85, 1.15, 1.5, 1.95)):
        level = line + size * (0.05 + 0.1 * number)
        spots += [(x - size * reach, level, size * 0.3, 1.8), (x + size * (reach - 0.12), level + 3, size * 0.26, 1.8)]
    return spots
