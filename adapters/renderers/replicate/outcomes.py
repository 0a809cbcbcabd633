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

_RESETS = re.compile(r"(?:resets?|retry|try again) (?:in|after) ~?(\d+(?:\.\d+)?) ?s", re.IGNORECASE)
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
    problem = read_object(answer) or {}
    hint = _RESETS.search(str(problem.get("detail", "")))
    candidates = (
        _after(answer.headers.get("retry-after", ""), now),
        _seconds(problem.get("retry_after")),
        float(hint[1]) if hint else None,
        _seconds(answer.headers.get("ratelimit-reset")),
    )
    found = next((seconds for seconds in candidates if seconds is not None), DEFAULT_WAIT_SECONDS)
    return min(max(found, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)


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
    if answer.status == httpx.codes.NOT_FOUND:
        return NotFound(f"The provider does not know it: {text}")
    wait = wait_seconds(answer, now) if answer.status == httpx.codes.TOO_MANY_REQUESTS else None
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
