"""The top of the job list: how many jobs are in each status, as links that filter, and the costs of today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from domain.machine import Status
from service.formats import list_price, money
from service.http.pages.figures import Figures
from service.http.pages.formats import counted
from service.http.pages.html import Html, h
from service.jobs.listing import JobCosts

STATUSES: Final = tuple(status.value for status in Status if status is not Status.NEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """The part of the list to show: jobs in a status, with a text, behind a cursor."""

    status: str | None = None
    text: str = ""
    after: str | None = None

    @property
    def url(self) -> str:
        """The address of this part of the list."""
        fields = {"status": self.status, "q": self.text, "after": self.after}
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"/?{query}" if query else "/"


def overview(figures: Figures, query: JobQuery) -> Html:
    """Return the figures, with the tab of the query's status marked."""
    tabs = [_tab(None, sum(figures.counts.values()), query)]
    tabs += [_tab(status, figures.counts.get(status, 0), query) for status in STATUSES]
    return h("div", h("nav", tabs, class_="tabs", aria_label="Jobs by state"), _today(figures.today), id="overview")


def _tab(status: str | None, count: int, query: JobQuery) -> Html:
    name = status or "all"
    return h(
        "a",
        h("span", name.capitalize(), class_="tab-name"),
        h("span", f"{count:,}", class_="tab-count", data_count=name),
        href=JobQuery(status=status, text=query.text).url,
        data_status=status,
        aria_current="true" if status == query.status else None,
    )


def _today(spent: JobCosts) -> Html:
    if not spent.jobs:
        return h("p", "No job has begun today (UTC).", class_="today soft")
    meter = h(
        "meter",
        f"{money(spent.actual)} of {money(spent.estimated)}",
        min=0,
        max=float(max(spent.estimated, spent.actual)) or 1,
        value=float(spent.actual),
        high=float(spent.estimated) or None,
        aria_label="Cost today against its estimate",
    )
    cost = h("strong", money(spent.actual), id="cost-today")
    return h(
        "p",
        h("span", "Today ", cost, f" of {money(spent.estimated)} estimated"),
        meter if spent.estimated else None,
        h("span", list_price(spent.list_price), class_="soft", id="list-price-today") if spent.list_price else None,
        h("span", f"{counted(spent.jobs, 'job')} begun today (UTC)", class_="soft"),
        class_="today",
    )
