"""What an unwelcome answer or a broken line means: worth another try, or never."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpcore

from adapters.outbound.target import Target
from domain.errors import NotFound, ReelwrightError, Refused, Unavailable

LONGEST_RETRY_AFTER_SECONDS = 3600.0
LINE_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError)

_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def of_status(status: int, target: Target, *, retry_after: str | None) -> ReelwrightError:
    """Translate an HTTP status that was not asked for (RFC 9110) into one of our errors."""
    text = f"{target} answered {status}{_phrase(status)}"
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(text, retry_after_seconds=_seconds(retry_after))
    return NotFound(text) if status in _GONE else Refused(text)


def of_line(error: Exception, target: Target) -> Unavailable:
    """Translate what went wrong on the line; all of it may be better next time."""
    match error:
        case httpcore.ConnectTimeout():
            what = "could not be connected to in time"
        case httpcore.TimeoutException() | TimeoutError():
            what = "did not answer in time"
        case httpcore.ConnectError():
            what = f"could not be connected to ({_cut(error)})"
        case _:
            what = f"broke the connection ({_cut(error)})"
    return Unavailable(f"{target} {what}")


def _cut(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def _seconds(retry_after: str | None) -> float | None:
    """Read Retry-After, seconds or a date; None where it says nothing usable."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after[:9]), LONGEST_RETRY_AFTER_SECONDS)
    try:
        left = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(left, 0.0), LONGEST_RETRY_AFTER_SECONDS)
