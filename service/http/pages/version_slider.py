"""The slider through the versions of a job: a form, with which scripts show each version at once."""

from __future__ import annotations

from service.http.pages.formats import moment
from service.http.pages.html import Html, h
from service.http.pages.page_data import JobPageData


def version_slider(data: JobPageData) -> Html | None:
    """Return the slider, None for a job with one version."""
    newest, version = len(data.all_events), len(data.history)
    if newest == 1:
        return None
    attributes = {"type": "range", "id": "version", "name": "version", "aria_describedby": "moment"}
    slider = h("input", **attributes, min=1, max=newest, value=version)
    form = h(
        "form",
        h("label", "As it was at version", for_="version"),
        _step(data, version - 1, "Earlier", "←"),
        slider,
        _step(data, version + 1, "Later", "→"),
        h("button", "Show", class_="quiet without-scripts"),
        h("output", f"{version} of {newest}, ", moment(data.history[-1].recorded_at, "clock"), id="moment"),
        action=f"/jobs/{data.job.job_id}",
        class_="moments",
    )
    return h("version-slider", form)


def banner(data: JobPageData) -> Html | None:
    """Return a notice for an older version, None for the newest."""
    if data.is_newest:
        return None
    return h(
        "p",
        f"This is the job as it was at version {len(data.history)}, ",
        moment(data.history[-1].recorded_at),
        ". ",
        h("a", "Show it as it is now", href=f"/jobs/{data.job.job_id}"),
        class_="notice past-notice",
        id="past",
    )


def _step(data: JobPageData, version: int, name: str, sign: str) -> Html:
    attributes = {"aria_label": f"{name} version", "class_": "step"}
    if 1 <= version <= len(data.all_events):
        return h("a", sign, href=f"/jobs/{data.job.job_id}?version={version}", **attributes)
    return h("a", sign, aria_disabled="true", role="link", **attributes)
