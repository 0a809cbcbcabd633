"""Translates HTTP statuses and connection errors into errors of the domain."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpcore

from adapters.outbound.target import Target
from domain.errors import NotFound, ReelwrightError, Refused, Unavailable

LONGEST_RETRY_AFTER_SECONDS = 3600.0
CONNECTION_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError)

_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_TEMPORARY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def status_error(status: int, target: Target, *, retry_after: str | None) -> ReelwrightError:
    """Return the error for an unexpected HTTP status (RFC 9110)."""
    text = f"{target} answered {status}{_phrase(status)}"
    if status in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(text, retry_after_seconds=_seconds(retry_after))
    return NotFound(text) if status in _GONE else Refused(text)


def connection_error(error: Exception, target: Target) -> Unavailable:
    """Return the error for a failed connection: every one of them may be temporary."""
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
    """Read Retry-After, seconds or a date; None where it is neither."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after[:9]), LONGEST_RETRY_AFTER_SECONDS)
    try:
        left = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(left, 0.0), LONGEST_RETRY_AFTER_SECONDS)
