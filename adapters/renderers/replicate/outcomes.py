"""What an answer means: a status of the provider becomes one of the domain's errors, and nothing is guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from adapters.renderers.replicate.http import ApiAnswer, Broken
from adapters.renderers.replicate.redaction import Redaction
from domain.errors import NotFound, OutcomeUnknown, ReelwrightError, Refused, Unavailable

SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, DEFAULT_WAIT_SECONDS = 1.0, 3600.0, 10.0
CREATED = frozenset({200, 201, 202})

_RESETS = re.compile(r"(?:resets?|retry|try again) (?:in|after) ~?(\d+(?:\.\d+)?) ?s", re.IGNORECASE)
_UNDECIDED = frozenset({303, 408})
"""Neither done nor refused: one says that the work was done elsewhere, one that the request came too slowly."""


def read_object(answer: ApiAnswer) -> Mapping[str, object] | None:
    """Return the JSON object in the answer, None where there is none."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def detail(answer: ApiAnswer) -> str:
    """Return what the provider says about its status, for a person; pages of HTML say nothing."""
    problem = read_object(answer) or {}
    said = (problem.get(name) for name in ("title", "detail", "error", "message"))
    words = [text.strip() for text in said if isinstance(text, str) and text.strip()]
    return f"{answer.status} {': '.join(words)}" if words else f"HTTP {answer.status}"


def answer_time(answer: ApiAnswer) -> datetime | None:
    """Return when the provider says that it is, to a second; None where it says nothing."""
    return _date(answer.headers.get("date") or "")


def wait_seconds(answer: ApiAnswer, now: datetime) -> float:
    """Return how long a throttled caller has to wait: by header, by body, by the hint in the text, else a default."""
    problem = read_object(answer) or {}
    hint = _RESETS.search(str(problem.get("detail", "")))
    candidates = (
        _after(answer.headers.get("retry-after"), now),
        _seconds(problem.get("retry_after")),
        float(hint[1]) if hint else None,
        _seconds(answer.headers.get("ratelimit-reset")),
    )
    found = next((seconds for seconds in candidates if seconds is not None), DEFAULT_WAIT_SECONDS)
    return min(max(found, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)


def create_error(answer: ApiAnswer, *, now: datetime, clean: Redaction) -> ReelwrightError:
    """Return what an answer without a new prediction says about the money: refused, waiting, or unknown."""
    said = clean(detail(answer))
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        return Unavailable(f"Throttled by the provider: {said}", retry_after_seconds=wait_seconds(answer, now))
    status = answer.status
    if (httpx.codes.is_redirect(status) or httpx.codes.is_client_error(status)) and status not in _UNDECIDED:
        return Refused(f"Refused by the provider: {said}")
    return OutcomeUnknown(f"The provider's answer does not tell whether a render was created: {said}")


def broken_create(error: Broken, *, clean: Redaction) -> Unavailable:
    """Return what a missing answer says about the money: nothing was created if nothing was sent."""
    said = clean(str(error))
    if not error.sent:
        return Unavailable(f"The provider cannot be reached: {said}")
    return OutcomeUnknown(f"The answer to the create was lost: {said}")


def read_error(answer: ApiAnswer, *, now: datetime, clean: Redaction) -> ReelwrightError:
    """Return what a failed question means: asking costs nothing, so only what can never be answered is refused."""
    said = clean(detail(answer))
    if answer.status == httpx.codes.NOT_FOUND:
        return NotFound(f"The provider does not know it: {said}")
    wait = wait_seconds(answer, now) if answer.status == httpx.codes.TOO_MANY_REQUESTS else None
    return Unavailable(f"The provider did not answer the question: {said}", retry_after_seconds=wait)


def _after(header: str | None, now: datetime) -> float | None:
    if header is None:
        return None
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
