"""All jobs in one look: how many are in each state, as links that filter, and what today came to."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from domain.machine import Status
from service.formats import money
from service.http.pages.figures import Figures
from service.http.pages.formats import counted
from service.http.pages.html import Html, h
from service.jobs.listing import JobCosts

STATUSES: Final = tuple(status.value for status in Status if status is not Status.NEW)


def overview(figures: Figures, *, chosen: str | None, text: str) -> Html:
    """Return the figures; `chosen` is the state that is filtered for, `text` what is searched for."""
    every = sum(figures.counts.values())
    tabs = [_tab("All", None, every, chosen=chosen, text=text)]
    tabs += [
        _tab(status.capitalize(), status, figures.counts.get(status, 0), chosen=chosen, text=text)
        for status in STATUSES
    ]
    return h("div", h("nav", tabs, class_="tabs", aria_label="Jobs by state"), _today(figures.today), id="overview")


def address(*, status: str | None, text: str, after: str | None = None) -> str:
    """Return where this part of the list is."""
    wishes = {"status": status, "q": text, "after": after}
    query = urlencode({name: value for name, value in wishes.items() if value})
    return f"/?{query}" if query else "/"


def _tab(name: str, status: str | None, count: int, *, chosen: str | None, text: str) -> Html:
    return h(
        "a",
        h("span", name, class_="tab-name"),
        h("span", f"{count:,}", class_="tab-count", data_count=status or "all"),
        href=address(status=status, text=text),
        data_status=status,
        aria_current="true" if status == chosen else None,
    )


def _today(spent: JobCosts) -> Html:
    if not spent.jobs:
        return h("p", "Nothing was begun today (UTC).", class_="today soft")
    meter = h(
        "meter",
        f"{money(spent.actual)} of {money(spent.estimated)}",
        min=0,
        max=float(max(spent.estimated, spent.actual)) or 1,
        value=float(spent.actual),
        high=float(spent.estimated) or None,
        aria_label="Cost today against its estimate",
    )
    return h(
        "p",
        h(
            "span",
            "Today ",
            h("strong", money(spent.actual), id="cost-today"),
            f" of {money(spent.estimated)} estimated",
        ),
        meter if spent.estimated else None,
        h("span", f"{counted(spent.jobs, 'job')} begun today (UTC)", class_="soft"),
        class_="today",
    )
