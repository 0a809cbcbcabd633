"""Numbers and times for people. Times are in UTC; scripts show them in the reader's time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from domain.times import time_text
from service.http.pages.html import Html, h

Show = Literal["moment", "clock"]
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def span(seconds: float) -> str:
    """Return a duration with at most two units."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:  # noqa: PLR2004 - below it tenths matter
        return f"{seconds:.1f} s"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    minutes, hours = int(seconds // _MINUTE), int(seconds // _HOUR)
    if seconds < _HOUR:
        return f"{minutes} min {int(seconds % _MINUTE)} s"
    return f"{hours} h {minutes % 60} min" if seconds < _DAY else f"{hours // 24} d {hours % 24} h"


def left(seconds: int | None) -> str:
    """Return the time that is left, an empty text when it is not known."""
    return f"about {span(seconds)} left" if seconds else ""


def pixels(width: int | None, height: int | None) -> str | None:
    """Return the size of an image, None when it is not known."""
    return f"{width} \u00d7 {height}" if width and height else None


def moment(at: datetime, show: Show = "moment") -> Html:
    """Return a time in UTC, which scripts show in the reader's time zone."""
    utc = at.astimezone(UTC)
    text = f"{utc:%H:%M:%S}" if show == "clock" else f"{utc.day} {utc:%b %Y, %H:%M:%S} UTC"
    return h("time", text, datetime=time_text(at), data_show=show, title=f"{utc:%Y-%m-%d %H:%M:%S.%f} UTC")


def counted(count: int, thing: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
