"""The recoveries as an image: a dot for each, a tick where the target lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from tests.system.faults.matrix import Outcome

WIDTH, LEFT, RIGHT = 900, 470, 860
TOP, STEP = 64, 18
DOT, TARGET = "#2f6f9f", "#c0563f"


def svg(outcomes: Sequence[Outcome]) -> str:
    """Return an SVG document with one line for each row that recovered from something."""
    shown = [outcome for outcome in outcomes if outcome.recoveries]
    longest = max([1.0, *(_longest(outcome) for outcome in shown)])
    height = TOP + STEP * len(shown) + 30
    size = f'width="{WIDTH}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {WIDTH} {height}"'
    lines = [
        f'{head} font-family="sans-serif" font-size="12" fill="#333">',
        f'<rect {size} fill="#fff"/>',
        '<text x="20" y="26" font-size="16">From the fault until the work goes on</text>',
        f'<text x="20" y="46" fill="{TARGET}">A tick is the target of that row.</text>',
    ]
    for number, outcome in enumerate(shown):
        lines += _row(outcome, y=TOP + STEP * number, longest=longest)
    lines += _axis(TOP + STEP * len(shown), longest)
    return "\n".join([*lines, "</svg>", ""])


def _longest(outcome: Outcome) -> float:
    return max(*outcome.recoveries, outcome.row.limit_seconds or 0.0)


def _row(outcome: Outcome, *, y: int, longest: float) -> Iterator[str]:
    yield f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(outcome.row.name)}</text>'
    yield f'<path d="M{LEFT} {y}H{RIGHT}" stroke="#eee"/>'
    if limit := outcome.row.limit_seconds:
        yield f'<path d="M{_x(limit, longest):.1f} {y - 6}v12" stroke="{TARGET}" stroke-width="2"/>'
    for took in outcome.recoveries:
        yield f'<circle cx="{_x(took, longest):.1f}" cy="{y}" r="4" fill="{DOT}" fill-opacity="0.6"/>'


def _axis(y: int, longest: float) -> Iterator[str]:
    yield f'<path d="M{LEFT} {y}H{RIGHT}" stroke="#999"/>'
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = LEFT + (RIGHT - LEFT) * part
        yield f'<text x="{x:.1f}" y="{y + 16}" text-anchor="middle">{longest * part:.1f} s</text>'


def _x(seconds: float, longest: float) -> float:
    return LEFT + (RIGHT - LEFT) * seconds / longest
