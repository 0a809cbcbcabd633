"""From a prediction to the progress or the outcome of a render. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from adapters.renderers.replicate.billing import of_cancel, of_failure, of_success
from adapters.renderers.replicate.prediction import Prediction
from adapters.renderers.replicate.recall import Reading
from adapters.renderers.replicate.redaction import Redaction
from domain.rendering import Cancelled, Failed, Forgotten, RenderProgress, Running, Succeeded

OUTPUTS_LIVE_FOR = timedelta(hours=1)
"""The provider removes outputs an hour after the end."""
CLOCK_MARGIN = timedelta(seconds=10)
"""The time of an answer is exact to a second only, and a gateway may have set it."""

DONE_PERCENT, MOST_BY_LOG_PERCENT, MOST_BY_TIME_PERCENT = 100, 99, 90
LOG_TAIL_LETTERS = 20_000
KNOWN_STATUSES = frozenset({"starting", "processing", "succeeded", "failed", "canceled", "aborted"})

_VIDEO_NAME = re.compile(r"\.(?:mp4|m4v|mov|webm|mkv)(?:[?#]|$)", re.IGNORECASE)


def progress_of(
    prediction: Prediction, reading: Reading, *, now: datetime, ours: Callable[[datetime], datetime], clean: Redaction
) -> RenderProgress:
    """Return the state of a render; an unknown status counts as running.

    `now` is the provider's time, as far as it is known, and `ours` tells a time of the provider by our clock. Data is
    removed after the end alone: who says so and names no end was accepted, has ended, and is forgotten.
    """
    match prediction.status:
        case "succeeded":
            return _succeeded(prediction, reading, now=now, ours=ours, clean=clean)
        case "failed":
            error = clean(str(prediction.error)) if prediction.error else "it gave no reason"
            return Failed(
                reason=f"The provider's render failed: {error}", billed_seconds=of_failure(prediction, reading.price)
            )
        case "canceled":
            return Cancelled(billed_seconds=of_cancel(prediction, reading.price), age_seconds=_age_at_end(prediction))
        case "aborted":
            return Cancelled(billed_seconds=0.0, age_seconds=_age_at_end(prediction))
        case _ if prediction.data_removed:
            return Forgotten(billed_seconds=of_success(prediction, reading.price))
        case _:
            return _running(prediction, reading, now)


def _age_at_end(prediction: Prediction) -> float | None:
    return _seconds_between(prediction.created_at, prediction.completed_at)


def _seconds_between(begin: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds from one time of the provider to another; None where that cannot be told."""
    if begin is None or end is None or end < begin - CLOCK_MARGIN:
        return None
    return max((end - begin).total_seconds(), 0.0)


def output_url(output: object, path: str) -> str | None:
    """Return the string at a path as in `video.url` or `0`; without a path: a string, or the first video of a list."""
    for step in filter(None, path.split(".")):
        if isinstance(output, Mapping):
            output = output.get(step)
        elif isinstance(output, list) and step.isdigit() and int(step) < len(output):
            output = output[int(step)]
        else:
            return None
    if isinstance(output, list) and not path:
        texts = [part for part in output if isinstance(part, str)]
        return next(filter(_VIDEO_NAME.search, texts), texts[0] if texts else None)
    return output if isinstance(output, str) else None


def _succeeded(
    prediction: Prediction, reading: Reading, *, now: datetime, ours: Callable[[datetime], datetime], clean: Redaction
) -> RenderProgress:
    billed = of_success(prediction, reading.price)
    url = output_url(prediction.output, reading.output)
    if url is not None and url.lower().startswith(("http://", "https://")):
        return Succeeded(output_url=url, billed_seconds=billed, expires_at=ours(_expiry(prediction, now)))
    is_empty = prediction.output in (None, "", [], {})
    if prediction.data_removed or (is_empty and _may_be_removed(prediction, now)):
        return Forgotten(billed_seconds=billed)
    if is_empty:
        reason = "The provider's render succeeded without a video: its output is empty"
        return Failed(reason=reason, billed_seconds=billed)
    # Another attempt would be billed and would end in the same way: the profile or the model is wrong.
    return Failed(
        reason=f"The provider's output is no URL of a video: {clean(_shape(prediction.output, url))}",
        permanent=True,
        billed_seconds=billed,
    )


def _may_be_removed(prediction: Prediction, now: datetime) -> bool:
    """Tell whether there may have been an output: a provider may remove it without a note.

    Whoever shows the input that we sent as empty has removed it, and the output with it.
    """
    is_input_gone = "input" in prediction.model_fields_set and not prediction.input
    return is_input_gone or _end(prediction, now) + OUTPUTS_LIVE_FOR <= now


def _end(prediction: Prediction, now: datetime) -> datetime:
    """Return when a render ended, by the provider's clock; never in its future."""
    ended = prediction.completed_at
    return now if ended is None or ended > now + CLOCK_MARGIN else ended


def _expiry(prediction: Prediction, now: datetime) -> datetime:
    """Return when the output that is shown will be removed.

    Without a time of the provider, `now` is that of our clock: where it is past the expiry, it runs ahead.
    """
    expiry = _end(prediction, now) + OUTPUTS_LIVE_FOR
    is_impossible = prediction.seen_at is None and expiry <= now
    return now + OUTPUTS_LIVE_FOR if is_impossible else expiry


def _shape(output: object, url: str | None) -> str:
    if url is not None and url[:5].lower() == "data:":
        return "it is a data: URI, which no event can hold"
    if isinstance(output, Mapping):
        return f"it has {', '.join(map(str, output))}; name the place in the profile's output"
    return f"it is {str(output)[:100]!r}"


def _running(prediction: Prediction, reading: Reading, now: datetime) -> Running:
    age_seconds = _seconds_between(prediction.created_at, prediction.seen_at)
    started = prediction.started_at
    elapsed = max((now - started).total_seconds(), 0.0) if started else 0.0
    logged, typical = _logged_percent(prediction, reading), reading.typical_seconds
    if logged is not None:
        left = round(elapsed * (DONE_PERCENT - logged) / logged) if started and logged else None
        percent: int | None = min(logged, MOST_BY_LOG_PERCENT)
    elif typical is not None:
        percent = int(min(elapsed / typical * DONE_PERCENT, MOST_BY_TIME_PERCENT))
        left = max(round(typical - elapsed), 1)
    else:
        percent = left = None
    return Running(percent=percent, estimated_completion_seconds=left, age_seconds=age_seconds)


def _logged_percent(prediction: Prediction, reading: Reading) -> int | None:
    """Return the last percent in the log; a group that is no number from 0 to 100 is ignored."""
    found = re.findall(reading.log_percent, (prediction.logs or "")[-LOG_TAIL_LETTERS:])
    for last in reversed(found):
        text = last[0] if isinstance(last, tuple) else last
        try:
            percent = float(text)
        except ValueError:
            continue
        if 0 <= percent <= DONE_PERCENT:
            return int(percent)
    return None
