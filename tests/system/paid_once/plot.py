"""The certificate as an image: creates per job, and how long jobs took to go on after a kill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.system.paid_once.verdict import Certificate

WIDTH, HEIGHT = 760, 320
TOP, BOTTOM, PANEL = 60, 270, 300
COLORS = ("#2f6f9f", "#c0563f")


def svg(certificates: Sequence[Certificate]) -> str:
    """Return an SVG document: bars on the left, a curve of recoveries on the right."""
    body = [*_bars(certificates, left=60), *_recoveries(certificates[0], left=430)]
    size = f'width="{WIDTH}" height="{HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {WIDTH} {HEIGHT}"'
    font = 'font-family="sans-serif" font-size="13" fill="#333"'
    return "\n".join([f"{head} {font}>", f'<rect {size} fill="#fff"/>', *body, "</svg>", ""])


def _bars(certificates: Sequence[Certificate], *, left: int) -> Iterator[str]:
    yield _text(left, 30, "Creates per job, from the provider's books", size=15)
    most = max(1.0, *(one.creates_per_job for one in certificates))
    yield _rule(left)
    for number, one in enumerate(certificates):
        height = (BOTTOM - TOP) * one.creates_per_job / most
        x = left + 40 + number * 120
        yield f'<rect x="{x}" y="{BOTTOM - height:.1f}" width="80" height="{height:.1f}" fill="{COLORS[number % 2]}"/>'
        yield _text(x + 40, BOTTOM - height - 6, f"{one.creates_per_job:.2f}", anchor="middle")
        yield _text(x + 40, BOTTOM + 18, one.worker, anchor="middle")
    once = BOTTOM - (BOTTOM - TOP) / most
    yield f'<path d="M{left} {once:.1f}h{PANEL - 20}" stroke="#333" stroke-dasharray="4 4"/>'


def _recoveries(one: Certificate, *, left: int) -> Iterator[str]:
    yield _text(left, 30, f"From a kill to the job's next event ({one.kills} kills)", size=15)
    yield _rule(left)
    values = [value / 1000 for value in one.recoveries_ms]
    if not values:
        return
    longest = max(values)
    points = [
        f"{left + PANEL * value / longest:.1f},{BOTTOM - (BOTTOM - TOP) * (rank + 1) / len(values):.1f}"
        for rank, value in enumerate(values)
    ]
    yield f'<polyline fill="none" stroke="{COLORS[0]}" stroke-width="2" points="{left},{BOTTOM} {" ".join(points)}"/>'
    for part, seconds in ((0.5, one.recovery_ms_p50 / 1000), (0.99, one.recovery_ms_p99 / 1000)):
        x, y = left + PANEL * seconds / longest, BOTTOM - (BOTTOM - TOP) * part
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{COLORS[1]}"/>'
        yield _text(x - 8, y - 6, f"p{part * 100:g} {seconds:.1f} s", anchor="end")
    yield _text(left, BOTTOM + 18, "0 s")
    yield _text(left + PANEL, BOTTOM + 18, f"{longest:.1f} s", anchor="end")


def _rule(left: int) -> str:
    return f'<path d="M{left} {BOTTOM}h{PANEL}" stroke="#999"/>'


def _text(x: float, y: float, words: str, *, size: int = 13, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{words}</text>'
