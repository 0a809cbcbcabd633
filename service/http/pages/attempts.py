"""The table of attempts: every render with its cost, every download that failed, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain import events as e
from domain.events import Basis
from domain.job import Job, Render
from domain.records import Recorded
from service.formats import money
from service.http.pages.formats import moment
from service.http.pages.html import Child, Html, h, join
from service.http.pages.page_data import JobPageData

_BASES: Mapping[Basis, str] = {
    "provider_metric": "the provider's figure",
    "measured_duration": "measured length",
    "asked_duration": "asked length",
    "not_billed": "not billed",
}
_COLUMNS = ("Attempt", "Began", "By", "State", "Cost", "Reason")


def attempts(data: JobPageData) -> Html | None:
    """Return the table of attempts, None while there are none."""
    job = data.job
    if not job.renders:
        return None
    reasons, requests = _reasons(data.history), _first_requests(data.history)
    rows = [
        _row(
            f"{render.attempt}" + (f" · scene {render.scene}" if render.scene else ""),
            moment(requests[render.token].recorded_at, "clock"),
            join(
                render.order.model or render.order.renderer,
                h("code", render.render_id, class_="soft render-id") if render.render_id else None,
            ),
            str(render.state).replace("_", " "),
            _cost(render, job),
            reasons.get((render.attempt, render.scene)),
        )
        for render in job.renders
    ]
    head = h("tr", (h("th", name, scope="col") for name in _COLUMNS))
    table = h("table", h("thead", head), h("tbody", rows, _downloads(data.history)), class_="attempts")
    return h(
        "section",
        h("h2", "Attempts"),
        h("div", table, class_="wide", tabindex=0, role="region", aria_label="Attempts"),
        id="attempts",
    )


def _row(*cells: Child) -> Html:
    return h(
        "tr",
        h("th", cells[0], scope="row"),
        (h("td", cell, data_label=name) for name, cell in zip(_COLUMNS[1:], cells[1:], strict=True)),
    )


def _downloads(history: Sequence[Recorded]) -> list[Html]:
    failed = [recorded for recorded in history if isinstance(recorded.event, e.DownloadAttemptFailed)]
    return [
        _row(f"download {number}", moment(it.recorded_at, "clock"), "download", "failed", "—", _reason(it.event))
        for number, it in enumerate(failed, start=1)
    ]


def _reasons(history: Sequence[Recorded]) -> dict[tuple[int, int | None], Html]:
    with_reason = (e.RenderAttemptFailed, e.RenderDeferred, e.RenderUnresolved)
    return {
        (recorded.event.attempt, recorded.event.scene): _reason(recorded.event)
        for recorded in history
        if isinstance(recorded.event, with_reason)
    }


def _reason(event: e.Event) -> Html:
    """Return why an attempt failed, and when the next one begins."""
    reason, retry_at = getattr(event, "reason", ""), getattr(event, "retry_at", None)
    again = None if retry_at is None else h("span", " Again at ", moment(retry_at, "clock"), ".", class_="soft")
    return join(h("span", reason, dir="auto"), again)


def _first_requests(history: Sequence[Recorded]) -> dict[str, Recorded]:
    """Return the first request of each token; a deferred render is requested again."""
    requests = [
        (recorded.event.token, recorded) for recorded in history if isinstance(recorded.event, e.RenderRequested)
    ]
    return dict(reversed(requests))


def _cost(render: Render, job: Job) -> Html:
    """Return cost and basis; those in the event that completed the job win."""
    cost, basis = render.cost, render.basis
    for final in job.completed.attempt_costs if job.completed else ():
        if (final.attempt, final.scene) == (render.attempt, render.scene):
            cost, basis = final.cost, final.basis
    if cost is None:
        return h("span", "not known yet", class_="soft")
    return join(money(cost), h("span", f" {_BASES[basis]}", class_="soft"))
