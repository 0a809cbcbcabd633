"""The top of the job list: how many jobs are in each status, as links that filter, and the costs of today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from domain.machine import Status
from domain.steps import NEEDS_OPERATOR
from domain.summary import JobSummary
from service.formats import list_price, money
from service.http.pages.figures import Figures
from service.http.pages.formats import counted
from service.http.pages.html import Html, h
from service.jobs.listing import JobCosts

_TAB_NAMES: Final = {NEEDS_OPERATOR: "Needs you"}
STATUSES: Final = tuple(status.value for status in Status if status is not Status.NEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """The part of the list to show: jobs in a status, waiting for something, with a text, behind a cursor."""

    status: str | None = None
    waiting_for: str | None = None
    text: str = ""
    after: str | None = None

    @property
    def url(self) -> str:
        """The address of this part of the list."""
        fields = {"status": self.status, "waiting_for": self.waiting_for, "q": self.text, "after": self.after}
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"/?{query}" if query else "/"

    def takes(self, job: JobSummary) -> bool:
        """Tell whether a job is in this status and waits for this, as far as its events say."""
        in_status = self.status in {None, job.status}
        return in_status and (self.waiting_for is None or (job.waiting_for or "").startswith(self.waiting_for))


def overview(figures: Figures, query: JobQuery) -> Html:
    """Return the figures, with the tab of the query's status marked."""
    tabs = [_tab("all", sum(figures.counts.values()), query, JobQuery())]
    tabs += [_tab(status, figures.counts.get(status, 0), query, JobQuery(status=status)) for status in STATUSES]
    tabs.append(_tab(NEEDS_OPERATOR, figures.needing_operator, query, JobQuery(waiting_for=NEEDS_OPERATOR)))
    return h("div", h("nav", tabs, class_="tabs", aria_label="Jobs by state"), _today(figures.today), id="overview")


def _tab(name: str, count: int, query: JobQuery, leads_to: JobQuery) -> Html:
    is_current = (leads_to.status, leads_to.waiting_for) == (query.status, query.waiting_for)
    return h(
        "a",
        h("span", _TAB_NAMES.get(name, name.capitalize()), class_="tab-name"),
        h("span", f"{count:,}", class_="tab-count", data_count=name),
        href=replace(leads_to, text=query.text).url,
        data_status=leads_to.status,
        data_needs_you=name == NEEDS_OPERATOR and count > 0,
        aria_current="true" if is_current else None,
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
