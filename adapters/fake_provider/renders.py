"""The state of a render: a pure function of its entry and the time, so that a restart changes nothing."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from adapters.fake_provider.books import Entry

FINAL = frozenset({"succeeded", "failed", "canceled", "aborted"})

_ENDINGS = {"fail": "failed", "cancel": "canceled", "abort": "aborted"}


def status_at(entry: Entry, at: datetime) -> str:
    """Return the status of the render."""
    status, _ = _state(entry, at)
    return status


def cost_at(entry: Entry, at: datetime) -> float:
    """Return the costs so far, in USD: of a video by its length, of a cancelled render by its share, else 0."""
    status, ended = _state(entry, at)
    full = entry.video_seconds * entry.price_per_second
    if status == "succeeded":
        return round(full, 6)
    if status == "canceled" and ended is not None:
        ran = (ended - _started(entry)).total_seconds()
        return round(full * min(max(ran / max(entry.render_seconds, 0.001), 0.0), 1.0), 6)
    return 0.0


def as_json(entry: Entry, at: datetime, *, base_url: str, removed: bool) -> dict[str, Any]:
    """Return the prediction as the API answers it; fields that are not known yet are missing."""
    status, ended = _state(entry, at)
    has_started = _started(entry) <= at and status != "aborted"
    shown: dict[str, Any] = {
        "id": entry.id,
        "model": entry.model,
        "version": entry.version,
        "input": {} if removed else entry.input,
        "logs": "" if removed else _logs(entry, at, ended),
        "output": None if removed or status != "succeeded" else _output(entry, base_url),
        "data_removed": removed,
        "error": "Prediction failed for an unknown reason." if status == "failed" else None,
        "source": "api",
        "status": status,
        "created_at": stamp(entry.created_at),
        "urls": _urls(entry, base_url),
    }
    if entry.deployment is not None:
        shown["deployment"] = entry.deployment
    if entry.cancel_after_seconds is not None:
        shown["deadline"] = stamp(entry.created_at + timedelta(seconds=entry.cancel_after_seconds))
    if has_started:
        shown["started_at"] = stamp(_started(entry))
    if ended is not None:
        shown["completed_at"] = stamp(ended)
        ran = max((ended - _started(entry)).total_seconds(), 0.0) if has_started else 0.0
        shown["metrics"] = {"predict_time": ran, "total_time": (ended - entry.created_at).total_seconds()}
    return shown


def output_url(entry: Entry, base_url: str) -> str:
    """Return where the video of a render is served."""
    return f"{base_url}/delivery/{entry.id}/output.mp4"


def stamp(time: datetime) -> str:
    """Return a time as the API writes it, with nine digits of the second."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "000Z")


def _urls(entry: Entry, base_url: str) -> dict[str, str]:
    return {
        "cancel": f"{base_url}/v1/predictions/{entry.id}/cancel",
        "get": f"{base_url}/v1/predictions/{entry.id}",
        "stream": f"{base_url}/stream/{entry.id}",
        "web": f"{base_url}/p/{entry.id}",
    }


def _started(entry: Entry) -> datetime:
    return entry.created_at + timedelta(seconds=entry.starting_seconds)


def _state(entry: Entry, at: datetime) -> tuple[str, datetime | None]:
    """Return the status and, once it is final, since when: its own end, a cancel or its deadline, the first of them."""
    own = _started(entry) + timedelta(seconds=entry.render_seconds)
    ends = [] if entry.outcome in ("stall", "unknown_status") else [(own, _ENDINGS.get(entry.outcome, "succeeded"))]
    if entry.cancelled_at is not None:
        ends.append((entry.cancelled_at, "canceled"))
    if entry.cancel_after_seconds is not None:
        until = entry.created_at + timedelta(seconds=entry.cancel_after_seconds)
        ends.append((until, "canceled" if until >= _started(entry) else "aborted"))
    ended, status = min(ends, default=(None, ""))
    if ended is not None and ended <= at:
        return status, ended
    if at < _started(entry):
        return "starting", None
    return "hibernating" if entry.outcome == "unknown_status" else "processing", None


def _logs(entry: Entry, at: datetime, ended: datetime | None) -> str:
    ran = ((ended or at) - _started(entry)).total_seconds()
    if ran < 0:
        return ""
    done = int(min(ran / max(entry.render_seconds, 0.001), 1.0) * 50)
    lines = (
        f"{step * 2:3d}%|{'█' * (step // 5):<10}| {step}/50 [00:00<00:00, 16.49it/s]" for step in range(0, done + 1, 5)
    )
    return "\n".join([f"Using seed: {entry.seed}", *lines, ""])


def _output(entry: Entry, base_url: str) -> object:
    url = output_url(entry, base_url)
    match entry.outcome:
        case "no_output":
            return None
        case "list_output":
            return [f"{base_url}/delivery/{entry.id}/preview.png", url]
        case "nested_output":
            return {"video": {"url": url}, "seed": entry.seed}
        case "data_output":
            return f"data:video/mp4;base64,{base64.b64encode(entry.id.encode()).decode()}"
        case "text_output":
            return "a sunny day"
        case _:
            return url
