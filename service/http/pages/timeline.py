"""The events of a job in order, with long gaps between them, and the JSON of each."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Final

import msgspec

from domain import events as e
from domain.records import Recorded
from service.http.pages.formats import counted, moment, span
from service.http.pages.html import Html, h
from service.http.pages.page_data import JobPageData
from service.jobs.event_summaries import event_summary
from service.jobs.views import event_view

GAP_SECONDS: Final = 5.0
LONGEST_TEXT: Final = 400
"""Letters of one value in the JSON. A link leads to the whole JSON."""
_FAILURES: Final = (
    e.RenderAttemptFailed,
    e.RenderDeferred,
    e.RenderUnresolved,
    e.DownloadAttemptFailed,
    e.JobFailed,
    e.StoryboardRefused,
)
_RETRIES: Final = (e.RetryRequested, e.DownloadRetryRequested, e.RenderResolved)
_WORD_BORDER: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def timeline(data: JobPageData) -> Html:
    """Return the events, oldest first."""
    rows, before = list[Html](), None
    for recorded in data.history:
        if before is not None and (recorded.recorded_at - before).total_seconds() >= GAP_SECONDS:
            rows.append(_gap(recorded, before))
        rows.append(_event(data, recorded, before))
        before = recorded.recorded_at
    raw = h("a", "as JSON", href=f"{data.url}/events")
    return h(
        "section",
        h("h2", "Timeline ", h("small", counted(len(data.history), "event"), ", ", raw)),
        h("ol", rows, class_="timeline"),
        id="timeline",
    )


def _gap(recorded: Recorded, before: datetime) -> Html:
    waited = span((recorded.recorded_at - before).total_seconds())
    return h("li", f"{waited} without an event", class_="gap", data_key=f"gap-{recorded.version}")


def _event(data: JobPageData, recorded: Recorded, before: datetime | None) -> Html:
    since = "" if before is None else f"+{span((recorded.recorded_at - before).total_seconds())}"
    name = type(recorded.event).__name__
    to = f"/jobs/{data.job.job_id}?version={recorded.version}"
    head = h(
        "div",
        h("strong", _WORD_BORDER.sub(" ", name).capitalize(), title=name),
        h("span", event_summary(recorded.event), class_="event-said", dir="auto"),
        h("span", since, class_="since"),
        moment(recorded.recorded_at, "clock"),
        class_="event-head",
    )
    return h(
        "li",
        h("a", f"v{recorded.version}", href=to, class_="version", title="Show the job as it was then"),
        h("details", h("summary", head, title="Show its JSON"), h("pre", _json(recorded), tabindex=0)),
        class_=f"event {_kind(recorded.event)}",
        data_key=recorded.event_id,
        data_event=name,
        data_version=recorded.version,
    )


def _kind(event: e.Event) -> str:
    if isinstance(event, _FAILURES):
        return "trouble"
    if isinstance(event, _RETRIES) or (isinstance(event, e.RenderRequested) and event.attempt > 1):
        return "again"
    return "good" if isinstance(event, e.VideoCompleted) else "plain"


def _json(recorded: Recorded) -> str:
    return json.dumps(_cut(msgspec.to_builtins(event_view(recorded))), indent=2, ensure_ascii=False)


def _cut(value: object) -> object:
    match value:
        case str() if len(value) > LONGEST_TEXT:
            return f"{value[:LONGEST_TEXT]}… ({len(value):,} letters)"
        case dict():
            return {name: _cut(item) for name, item in value.items()}
        case list():
            return [_cut(item) for item in value]
        case _:
            return value
