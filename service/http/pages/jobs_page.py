"""The list of all jobs: newest first, by state, searched, page by page; scripts keep its rows moving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from domain.errors import Refused
from domain.events import EVENT_TYPES
from domain.job import Job
from domain.job_id import JOB_ID
from domain.summary import JobSummary, summarize
from domain.times import time_text
from service.formats import money
from service.http.pages.figures import Figures, LatestFigures
from service.http.pages.formats import left, moment
from service.http.pages.html import Html, h, join
from service.http.pages.overview import STATUSES, address, overview
from service.http.pages.page import fragment
from service.http.pages.site import Site
from service.http.problems import Problem
from service.jobs.history import read_history
from service.jobs.listing import JobPage

ROWS: Final = 50
LONGEST_SEARCH: Final = 200
_COLUMNS: Final = ("Job", "State", "Progress", "Cost", "Updated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which part of the list is wanted."""

    status: str | None
    text: str
    after: str | None


def routes(site: Site) -> APIRouter:
    """Return the routes of the list."""
    router, jobs = APIRouter(), Jobs(site)
    site.add(router, "/", jobs.show)
    site.add(router, "/overview", jobs.figures)
    return router


class Jobs:
    """Shows all jobs."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._figures = LatestFigures(site.dependencies.jobs, clock=site.dependencies.clock)

    async def show(self, request: Request) -> Response:
        """Show a part of the list."""
        wish = _read(request.query_params)
        # Read before the rows: what is stored meanwhile is told by the stream again.
        position = await self._site.dependencies.log_signal.head()
        page = await self._page(wish)
        main = _main(wish, page, await self._figures.now(), position=position)
        return self._site.respond("Jobs", main, place="/", script="live-jobs.js")

    async def figures(self, request: Request) -> Response:
        """Give the figures alone, for a page that is open."""
        wish = _read(request.query_params)
        return fragment(overview(await self._figures.now(), chosen=wish.status, text=wish.text))

    async def _page(self, wish: Wish) -> JobPage:
        jobs = self._site.dependencies.jobs
        try:
            page = await jobs.page(status=wish.status, limit=ROWS, after=wish.after, text=wish.text or None)
        except Refused as error:
            raise Problem("invalid_parameter", f"after: {error}") from error
        return page if wish.after else replace(page, jobs=await self._with_named(wish, page.jobs))

    async def _with_named(self, wish: Wish, found: Sequence[JobSummary]) -> Sequence[JobSummary]:
        """Put the job of exactly the wanted name first, however old it is."""
        named = await read_history(self._site.dependencies.store, wish.text) if JOB_ID.fullmatch(wish.text) else None
        exact = named.summary if named else None
        if exact is None or wish.status not in {None, exact.status}:
            return found
        return [exact, *(job for job in found if job.job_id != exact.job_id)]


def _read(query: QueryParams) -> Wish:
    status = query.get("status")
    return Wish(
        status=status if status in STATUSES else None,
        text=query.get("q", "").strip()[:LONGEST_SEARCH],
        after=query.get("after") or None,
    )


def _main(wish: Wish, page: JobPage, figures: Figures, *, position: int) -> Html:
    live = h(
        "live-jobs",
        _table(page.jobs) if page.jobs else _nothing(wish, figures),
        h("template", _row(None), id="job-row"),
        data_position=position,
        data_events=" ".join(EVENT_TYPES),
        data_status_wanted=wish.status,
        data_text=wish.text,
        data_rows=ROWS,
        data_inserts=wish.after is None,
    )
    return h(
        "main",
        h("div", h("h1", "Jobs"), h("a", "New video", href="/new", class_="button"), class_="title"),
        overview(figures, chosen=wish.status, text=wish.text),
        _search(wish),
        live,
        _pages(wish, page),
        id="main",
        class_="jobs",
    )


def _search(wish: Wish) -> Html:
    hidden = h("input", type="hidden", name="status", value=wish.status) if wish.status else None
    field = h(
        "input",
        type="search",
        name="q",
        id="q",
        value=wish.text or None,
        placeholder="Job or message",
        maxlength=LONGEST_SEARCH,
        autocomplete="off",
    )
    return h(
        "form",
        h("label", "Search", for_="q", class_="unseen"),
        field,
        hidden,
        h("button", "Search", class_="quiet"),
        h("a", "Clear", href=address(status=wish.status, text="")) if wish.text else None,
        role="search",
        action="/",
        class_="search",
    )


def _table(jobs: Sequence[JobSummary]) -> Html:
    head = h("tr", (h("th", name, scope="col") for name in _COLUMNS))
    rows = [_row(job) for job in jobs]
    return h(
        "table",
        h("caption", "Jobs, newest first", class_="unseen"),
        h("thead", head),
        h("tbody", rows, id="jobs"),
        class_="job-list",
    )


_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_BLANK: Final = summarize(Job(job_id=""), created_at=_EPOCH, updated_at=_EPOCH, position=0)


def _row(job: JobSummary | None) -> Html:
    """Return a job's row; of None the blank one that scripts fill. Every `data-field` is theirs to write."""
    shown = job or _BLANK
    return h(
        "tr",
        h("th", h("a", shown.job_id, href=f"/jobs/{shown.job_id}", data_field="job_id"), scope="row"),
        h("td", h("span", shown.status, class_="chip", data_field="status", data_status=shown.status)),
        h("td", _progress(shown), class_="progress-cell"),
        h("td", _cost(shown), class_="figure"),
        h("td", moment(shown.updated_at), class_="figure soft updated"),
        data_job_id=shown.job_id,
        data_status=shown.status,
        data_version=shown.version,
        data_created=time_text(shown.created_at),
    )


def _progress(job: JobSummary) -> Html:
    bar = h("progress", max=100, value=job.percent, data_field="bar", aria_label="Progress")
    return join(
        h(
            "span",
            bar,
            h("span", f"{job.percent} %", class_="figure", data_field="percent"),
            h("span", left(job.estimated_completion_seconds), class_="soft", data_field="left"),
            class_="bar",
        ),
        h("span", headline(job), class_="headline", data_field="headline", dir="auto"),
    )


def headline(job: JobSummary) -> str:
    """Say what matters most about a job now: why it failed, why it waits, or what it does."""
    return job.error_message or job.waiting_for or job.message


def _cost(job: JobSummary) -> Html:
    return join(
        h("span", money(job.actual_cost), data_field="cost"),
        h(
            "span",
            f" of {money(job.estimated_cost)}" if job.estimated_cost is not None else "",
            class_="soft",
            data_field="estimate",
        ),
    )


def _pages(wish: Wish, page: JobPage) -> Html:
    newest = h("a", "Newest", href=address(status=wish.status, text=wish.text), class_="button quiet")
    older = address(status=wish.status, text=wish.text, after=page.next_cursor)
    return h(
        "nav",
        newest if wish.after else None,
        h("a", "Older jobs", href=older, class_="button quiet", rel="next") if page.next_cursor else None,
        class_="pages",
        aria_label="Pages",
    )


def _nothing(wish: Wish, figures: Figures) -> Html:
    if wish.text:
        return _empty(f"No job matches “{wish.text}”", "Names and messages of all jobs were searched.")
    if wish.status:
        return _empty(f"No job is {wish.status}", "All jobs are one tab away.")
    if figures.counts:
        return _empty("There is nothing older", "These were all jobs.")
    commands = ("reelwright demo", "reelwright approve 1.jpg 2.jpg --watch")
    return h(
        "div",
        h("h2", "No job yet"),
        h("p", "Approve a storyboard, and its video appears here while it is made."),
        h("p", h("a", "Make a video from images", href="/new", class_="button")),
        h("p", "Or in a terminal:", class_="soft"),
        h("pre", "\n".join(commands)),
        class_="empty",
        id="jobs-empty",
    )


def _empty(title: str, hint: str) -> Html:
    return h("div", h("h2", title), h("p", hint, class_="soft"), h("p", h("a", "All jobs", href="/")), class_="empty")
