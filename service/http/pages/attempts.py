"""What was tried for a job: every render and what it cost, every download that failed, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from domain import events as e
from domain.events import Basis
from domain.job import Job, Render
from domain.records import Recorded
from service.formats import money
from service.http.pages.formats import moment
from service.http.pages.html import Child, Html, h, join
from service.http.pages.shown_job import Shown

_BASES: Mapping[Basis, str] = {
    "provider_metric": "the provider's figure",
    "measured_duration": "measured length",
    "asked_duration": "asked length",
    "not_billed": "not billed",
}
_COLUMNS = ("Attempt", "Began", "By", "State", "Cost", "Reason")


def attempts(shown: Shown) -> Html | None:
    """Return the table of attempts; None while there are none."""
    job = shown.job
    if not job.renders:
        return None
    reasons, begun = _reasons(shown.history), _begun(shown.history)
    rows = [
        _row(
            f"{render.attempt}" + (f" · scene {render.scene}" if render.scene else ""),
            moment(begun[render.token].recorded_at, "clock"),
            join(render.model or render.renderer, _render_id(render)),
            str(render.state).replace("_", " "),
            _cost(render, job),
            reasons.get((render.attempt, render.scene)),
        )
        for render in job.renders
    ]
    head = h("tr", (h("th", name, scope="col") for name in _COLUMNS))
    table = h("table", h("thead", head), h("tbody", rows, _downloads(shown.history)), class_="attempts")
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


def _render_id(render: Render) -> Html | None:
    return h("code", render.render_id, class_="soft render-id") if render.render_id else None


def _downloads(history: Sequence[Recorded]) -> list[Html]:
    failed = [recorded for recorded in history if isinstance(recorded.event, e.DownloadAttemptFailed)]
    return [
        _row(
            f"download {number}", moment(recorded.recorded_at, "clock"), "download", "failed", "—", _why(recorded.event)
        )
        for number, recorded in enumerate(failed, start=1)
    ]


def _reasons(history: Sequence[Recorded]) -> dict[tuple[int, int | None], Html]:
    told = (e.RenderAttemptFailed, e.RenderDeferred, e.RenderUnresolved)
    return {
        (recorded.event.attempt, recorded.event.scene): _why(recorded.event)
        for recorded in history
        if isinstance(recorded.event, told)
    }


def _why(event: e.Event) -> Html:
    """Say why something failed, and when it goes on."""
    reason, retry_at = getattr(event, "reason", ""), getattr(event, "retry_at", None)
    again = None if retry_at is None else h("span", " Again at ", moment(retry_at, "clock"), ".", class_="soft")
    return join(h("span", reason, dir="auto"), again)


def _begun(history: Sequence[Recorded]) -> dict[str, Recorded]:
    """Return the first request of each render; one that was put off is requested again."""
    requests = [
        (recorded.event.token, recorded) for recorded in history if isinstance(recorded.event, e.RenderRequested)
    ]
    return dict(reversed(requests))


def _cost(render: Render, job: Job) -> Html:
    """Return cost and basis; the last word is with the event that completed the job."""
    cost, basis = render.cost, render.basis
    for known in job.completed.attempt_costs if job.completed else ():
        if (known.attempt, known.scene) == (render.attempt, render.scene):
            cost, basis = known.cost, known.basis
    if cost is None:
        return h("span", "not known yet", class_="soft")
    return join(money(cost), h("span", f" {_BASES[basis]}", class_="soft") if cost > Decimal(0) else None)
