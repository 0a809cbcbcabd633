"""Figures and times as people read them. Times are UTC here; with scripts they become the reader's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from domain.times import time_text
from service.http.pages.html import Html, h

Show = Literal["moment", "clock"]
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def span(seconds: float) -> str:
    """Return a duration, no finer than it is worth."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:  # noqa: PLR2004 - below it a tenth still counts
        return f"{seconds:.1f} s"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    large, small, rest = (
        ("min", "s", divmod(seconds, _MINUTE))
        if seconds < _HOUR
        else ("h", "min", divmod(seconds / _MINUTE, _MINUTE))
        if seconds < _DAY
        else ("d", "h", divmod(seconds / _HOUR, 24))
    )
    return f"{rest[0]:.0f} {large} {int(rest[1])} {small}"


def left(seconds: int | None) -> str:
    """Return how long it will take yet; nothing where nobody knows."""
    return f"about {span(seconds)} left" if seconds else ""


def pixels(width: int | None, height: int | None) -> str | None:
    """Return the size of an image, None where it is not known."""
    return f"{width} \u00d7 {height}" if width and height else None


def moment(at: datetime, show: Show = "moment") -> Html:
    """Return a time that scripts turn into the reader's own."""
    utc = at.astimezone(UTC)
    text = f"{utc:%H:%M:%S}" if show == "clock" else f"{utc.day} {utc:%b %Y, %H:%M:%S} UTC"
    return h("time", text, datetime=time_text(at), data_show=show, title=f"{utc:%Y-%m-%d %H:%M:%S.%f} UTC")


def counted(count: int, thing: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
