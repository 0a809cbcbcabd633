"""The slider through a job's versions: a form that works without scripts, and moves the page with them."""

from __future__ import annotations

from service.http.pages.formats import moment
from service.http.pages.html import Html, h
from service.http.pages.shown_job import Shown


def moments(shown: Shown) -> Html | None:
    """Return the slider; None of a job that has only one version."""
    newest, version = len(shown.all_events), len(shown.history)
    if newest == 1:
        return None
    slider = h(
        "input",
        type="range",
        id="version",
        name="version",
        min=1,
        max=newest,
        value=version,
        aria_describedby="moment",
    )
    form = h(
        "form",
        h("label", "As it was at version", for_="version"),
        _step(shown, version - 1, "Earlier", "←"),
        slider,
        _step(shown, version + 1, "Later", "→"),
        h("button", "Show", class_="quiet without-scripts"),
        h("output", f"{version} of {newest}, ", moment(shown.history[-1].recorded_at, "clock"), id="moment"),
        action=f"/jobs/{shown.job.job_id}",
        class_="moments",
    )
    return h("version-slider", form)


def banner(shown: Shown) -> Html | None:
    """Say that what is shown is the past."""
    if shown.is_newest:
        return None
    return h(
        "p",
        f"This is the job as it was at version {len(shown.history)}, ",
        moment(shown.history[-1].recorded_at),
        ". ",
        h("a", "Show it as it is now", href=f"/jobs/{shown.job.job_id}"),
        class_="notice past-notice",
        id="past",
    )


def _step(shown: Shown, version: int, name: str, sign: str) -> Html:
    there = 1 <= version <= len(shown.all_events)
    to = f"/jobs/{shown.job.job_id}?version={version}" if there else None
    return h(
        "a",
        sign,
        href=to,
        aria_label=f"{name} version",
        class_="step",
        aria_disabled=None if there else "true",
        role=None if there else "link",
    )
