"""From a prediction to the progress or the outcome of a render. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from adapters.renderers.replicate.billing import of_cancel, of_failure, of_success
from adapters.renderers.replicate.prediction import Prediction
from adapters.renderers.replicate.profile import Profile
from adapters.renderers.replicate.redaction import Redaction
from domain.rendering import Cancelled, Failed, Forgotten, RenderProgress, Running, Succeeded

OUTPUTS_LIVE_FOR = timedelta(hours=1)
"""The provider removes outputs an hour after the end."""

DONE_PERCENT, MOST_BY_LOG_PERCENT, MOST_BY_TIME_PERCENT = 100, 99, 90
LOG_TAIL_LETTERS = 20_000
KNOWN_STATUSES = frozenset({"starting", "processing", "succeeded", "failed", "canceled", "aborted"})

_VIDEO_NAME = re.compile(r"\.(?:mp4|m4v|mov|webm|mkv)(?:[?#]|$)", re.IGNORECASE)


def progress_of(prediction: Prediction, profile: Profile, *, now: datetime, clean: Redaction) -> RenderProgress:
    """Return the state of a render; an unknown status counts as running."""
    match prediction.status:
        case "succeeded":
            return _succeeded(prediction, profile, now=now, clean=clean)
        case "failed":
            error = clean(str(prediction.error)) if prediction.error else "it gave no reason"
            return Failed(
                reason=f"The provider's render failed: {error}", billed_seconds=of_failure(prediction, profile.price)
            )
        case "canceled":
            return Cancelled(billed_seconds=of_cancel(prediction, profile.price))
        case "aborted":
            return Cancelled(billed_seconds=0.0)
        case _:
            return _running(prediction, profile, now)


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


def _succeeded(prediction: Prediction, profile: Profile, *, now: datetime, clean: Redaction) -> RenderProgress:
    billed = of_success(prediction, profile.price)
    url = output_url(prediction.output, profile.output)
    if prediction.output in (None, "", [], {}):
        if _is_removed(prediction, now):
            return Forgotten(billed_seconds=billed)
        reason = "The provider's render succeeded without a video: its output is empty"
        return Failed(reason=reason, billed_seconds=billed)
    if url is not None and url.lower().startswith(("http://", "https://")):
        ended = prediction.completed_at or now
        return Succeeded(output_url=url, billed_seconds=billed, expires_at=ended + OUTPUTS_LIVE_FOR)
    # Another attempt would be billed and would end in the same way: the profile or the model is wrong.
    return Failed(
        reason=f"The provider's output is no URL of a video: {clean(_shape(prediction.output, url))}",
        permanent=True,
        billed_seconds=billed,
    )


def _is_removed(prediction: Prediction, now: datetime) -> bool:
    """Tell whether there may have been an output: a provider may remove it without a note."""
    ended = prediction.completed_at
    return prediction.data_removed or (ended is not None and ended + OUTPUTS_LIVE_FOR <= now)


def _shape(output: object, url: str | None) -> str:
    if url is not None and url[:5].lower() == "data:":
        return "it is a data: URI, which no event can hold"
    if isinstance(output, Mapping):
        return f"it has {', '.join(map(str, output))}; name the place in the profile's output"
    return f"it is {str(output)[:100]!r}"


def _running(prediction: Prediction, profile: Profile, now: datetime) -> Running:
    started = prediction.started_at
    elapsed = max((now - started).total_seconds(), 0.0) if started else 0.0
    logged, typical = _logged_percent(prediction, profile), profile.typical_seconds
    if logged is not None:
        left = round(elapsed * (DONE_PERCENT - logged) / logged) if started and logged else None
        return Running(percent=min(logged, MOST_BY_LOG_PERCENT), estimated_completion_seconds=left)
    if typical is not None:
        percent = int(min(elapsed / typical * DONE_PERCENT, MOST_BY_TIME_PERCENT))
        return Running(percent=percent, estimated_completion_seconds=max(round(typical - elapsed), 1))
    return Running()


def _logged_percent(prediction: Prediction, profile: Profile) -> int | None:
    """Return the last percent in the log; a group that is no number from 0 to 100 is ignored."""
    found = re.findall(profile.log_percent, (prediction.logs or "")[-LOG_TAIL_LETTERS:])
    for last in reversed(found):
        text = last[0] if isinstance(last, tuple) else last
        try:
            percent = float(text)
        except ValueError:
            continue
        if 0 <= percent <= DONE_PERCENT:
            return int(percent)
    return None
