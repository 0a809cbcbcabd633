"""Translates answers of the provider into errors of the domain."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from adapters.renderers.replicate.http import ApiAnswer, Broken
from adapters.renderers.replicate.redaction import Redaction
from domain.errors import NotFound, OutcomeUnknown, ReelwrightError, Refused, Unavailable

SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, DEFAULT_WAIT_SECONDS = 1.0, 3600.0, 10.0
MOST_DIGITS = 1000
CREATED = frozenset({200, 201, 202})
LONGEST_HINT_LETTERS = 1000

_WAIT = re.compile(r"\b(?:in|after|for)\s+(?:about\s+)?~?((?:\d+(?:\.\d+)?\s*[a-z]+[\s,]*(?:and\s+)?)+)", re.IGNORECASE)
"""As in `available in 53 seconds`, `resets in ~30s`, `try again in 1 minute and 5 seconds`."""
_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)(?![a-z])", re.IGNORECASE
)
_UNDECIDED = frozenset({303, 408})
"""They do not tell whether anything was created."""


def read_object(answer: ApiAnswer) -> Mapping[str, object] | None:
    """Return the JSON object in the answer, None where there is none."""
    try:
        body = json.loads(answer.body, parse_int=_whole)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _whole(digits: str) -> int | float:
    """Read a whole number; one of so many digits that Python refuses it is infinite."""
    return int(digits) if len(digits) <= MOST_DIGITS else math.inf


def detail(answer: ApiAnswer) -> str:
    """Return the status with the provider's text, for a person; HTML is left out."""
    problem = read_object(answer) or {}
    fields = (problem.get(name) for name in ("title", "detail", "error", "message"))
    texts = [text.strip() for text in fields if isinstance(text, str) and text.strip()]
    return f"{answer.status} {': '.join(texts)}" if texts else f"HTTP {answer.status}"


def answer_time(answer: ApiAnswer) -> datetime | None:
    """Return the provider's time, exact to a second; None where it sent none."""
    return _date(answer.headers.get("date") or "")


def wait_seconds(answer: ApiAnswer, now: datetime) -> float:
    """Return how long a throttled caller waits: by header, body or text, else a default."""
    found = _hinted_seconds(answer, now)
    return min(max(DEFAULT_WAIT_SECONDS if found is None else found, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)


def _hinted_seconds(answer: ApiAnswer, now: datetime) -> float | None:
    problem = read_object(answer) or {}
    texts = (problem.get(name) for name in ("detail", "title", "error", "message"))
    candidates = (
        _after(answer.headers.get("retry-after", ""), now),
        _seconds(problem.get("retry_after")),
        *(_told_seconds(text) for text in texts if isinstance(text, str)),
        _seconds(answer.headers.get("ratelimit-reset")),
    )
    return next((seconds for seconds in candidates if seconds is not None), None)


def _told_seconds(text: str) -> float | None:
    """Return the wait that a text tells, None where it tells none."""
    for wait in _WAIT.finditer(text[:LONGEST_HINT_LETTERS]):
        if parts := _PART.findall(wait[1]):
            return sum(float(number) * _unit_seconds(unit.lower()) for number, unit in parts)
    return None


def _unit_seconds(unit: str) -> float:
    if unit == "ms" or unit.startswith("milli"):
        return 0.001
    return {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0]]


def create_error(answer: ApiAnswer, *, now: datetime, clean: Redaction) -> ReelwrightError:
    """Return the error for an answer to a create without a new prediction."""
    text = clean(detail(answer))
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        return Unavailable(f"Throttled by the provider: {text}", retry_after_seconds=wait_seconds(answer, now))
    status = answer.status
    if (httpx.codes.is_redirect(status) or httpx.codes.is_client_error(status)) and status not in _UNDECIDED:
        return Refused(f"Refused by the provider: {text}")
    return OutcomeUnknown(f"The provider's answer does not tell whether a render was created: {text}")


def broken_create(error: Broken, *, clean: Redaction) -> Unavailable:
    """Return the error for a missing answer to a create: nothing was created if nothing was sent."""
    text = clean(str(error))
    if not error.sent:
        return Unavailable(f"The provider cannot be reached: {text}")
    return OutcomeUnknown(f"The answer to the create was lost: {text}")


def read_error(answer: ApiAnswer, *, now: datetime, clean: Redaction) -> ReelwrightError:
    """Return the error for a failed read: all but NotFound may be tried again."""
    text = clean(detail(answer))
    if answer.status in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
        return NotFound(f"The provider does not know it: {text}")
    is_throttled = answer.status == httpx.codes.TOO_MANY_REQUESTS or "retry-after" in answer.headers
    wait = wait_seconds(answer, now) if is_throttled else None
    return Unavailable(f"The provider did not answer the question: {text}", retry_after_seconds=wait)


def _after(header: str, now: datetime) -> float | None:
    if (seconds := _seconds(header)) is not None:
        return seconds
    date = _date(header)
    return None if date is None else max((date - now).total_seconds(), 0.0)


def _date(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _seconds(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        seconds = float(raw)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
