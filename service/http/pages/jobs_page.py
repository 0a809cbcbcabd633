"""The list of jobs: newest first, by status, with search and pages. Scripts update its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from domain.errors import Refused
from domain.events import EVENT_TYPES
from domain.job import Job
from domain.job_id import JOB_ID
from domain.steps import NEEDS_OPERATOR
from domain.summary import JobSummary, summarize
from domain.times import time_text
from service.formats import list_price, money
from service.http.pages.figures import Figures, LatestFigures
from service.http.pages.formats import left, moment
from service.http.pages.html import Html, h, join
from service.http.pages.overview import STATUSES, JobQuery, overview
from service.http.pages.page import fragment
from service.http.pages.site import Site
from service.http.problems import Problem
from service.jobs.history import read_history
from service.jobs.listing import JobPage

ROWS: Final = 50
LONGEST_SEARCH: Final = 200
_COLUMNS: Final = ("Job", "State", "Progress", "Cost", "Updated")


def routes(site: Site) -> APIRouter:
    """Return the routes of the list."""
    router, jobs = APIRouter(), JobListPage(site)
    site.add(router, "/", jobs.show)
    site.add(router, "/overview", jobs.figures)
    return router


class JobListPage:
    """Shows the list of jobs."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._figures = LatestFigures(site.dependencies.jobs, clock=site.dependencies.clock)

    async def show(self, request: Request) -> Response:
        """Show a part of the list."""
        query = _read(request.query_params)
        # Read before the rows, so that the live stream sends every event that is stored after this position.
        position = await self._site.dependencies.log_signal.head()
        page = await self._page(query)
        main = _main(query, page, await self._figures.now(), position=position)
        return self._site.respond("Jobs", main, nav_url="/", script="live-jobs.js")

    async def figures(self, request: Request) -> Response:
        """Return the figures only, for a page that is open."""
        return fragment(overview(await self._figures.now(), _read(request.query_params)))

    async def _page(self, query: JobQuery) -> JobPage:
        jobs = self._site.dependencies.jobs
        try:
            page = await jobs.page(
                status=query.status,
                limit=ROWS,
                after=query.after,
                text=query.text or None,
                waiting_for=query.waiting_for,
            )
        except Refused as error:
            raise Problem("invalid_parameter", f"after: {error}") from error
        return page if query.after else replace(page, jobs=await self._exact_match_first(query, page.jobs))

    async def _exact_match_first(self, query: JobQuery, found: Sequence[JobSummary]) -> Sequence[JobSummary]:
        """Put the job whose id is exactly the text first, however old it is."""
        store, text = self._site.dependencies.store, query.text
        history = await read_history(store, text) if JOB_ID.fullmatch(text) else None
        if history is None or not query.takes(history.summary):
            return found
        return [history.summary, *(job for job in found if job.job_id != history.job_id)]


def _read(parameters: QueryParams) -> JobQuery:
    status = parameters.get("status")
    return JobQuery(
        status=status if status in STATUSES else None,
        waiting_for=_cut(parameters.get("waiting_for")),
        text=parameters.get("q", "").strip()[:LONGEST_SEARCH],
        after=parameters.get("after") or None,
    )


def _cut(word: str | None) -> str | None:
    return word[:LONGEST_SEARCH] if word else None


def _main(query: JobQuery, page: JobPage, figures: Figures, *, position: int) -> Html:
    live = h(
        "live-jobs",
        _table(page.jobs) if page.jobs else _no_jobs(query, figures),
        h("template", _row(_EMPTY), id="job-row"),
        data_position=position,
        data_events=" ".join(EVENT_TYPES),
        data_status_wanted=query.status,
        data_waiting_for=query.waiting_for,
        data_text=query.text,
        data_rows=ROWS,
        data_inserts=query.after is None,
    )
    return h(
        "main",
        h("div", h("h1", "Jobs"), h("a", "New video", href="/new", class_="button"), class_="title"),
        overview(figures, query),
        _search(query),
        live,
        _pages(query, page),
        id="main",
        class_="jobs",
    )


def _search(query: JobQuery) -> Html:
    kept = {"status": query.status, "waiting_for": query.waiting_for}
    hidden = [h("input", type="hidden", name=name, value=value) for name, value in kept.items() if value]
    field = h(
        "input",
        type="search",
        name="q",
        id="q",
        value=query.text or None,
        placeholder="Job, message or render",
        maxlength=LONGEST_SEARCH,
        autocomplete="off",
    )
    return h(
        "form",
        h("label", "Search", for_="q", class_="unseen"),
        field,
        hidden,
        h("button", "Search", class_="quiet"),
        h("a", "Clear", href=replace(query, text="", after=None).url) if query.text else None,
        role="search",
        action="/",
        class_="search",
    )


def _table(jobs: Sequence[JobSummary]) -> Html:
    caption = h("caption", "Jobs, newest first", class_="unseen")
    head = h("thead", h("tr", (h("th", name, scope="col") for name in _COLUMNS)))
    return h("table", caption, head, h("tbody", map(_row, jobs), id="jobs"), class_="job-list")


_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_EMPTY: Final = summarize(Job(job_id=""), created_at=_EPOCH, updated_at=_EPOCH, position=0)


def _row(job: JobSummary) -> Html:
    """Return a job's row. Scripts write into every `data-field`."""
    return h(
        "tr",
        h("th", h("a", job.job_id, href=f"/jobs/{job.job_id}", data_field="job_id"), scope="row"),
        h("td", h("span", job.status, class_="chip", data_field="status", data_status=job.status)),
        h("td", _progress(job), class_="progress-cell"),
        h("td", _cost(job), class_="figure"),
        h("td", moment(job.updated_at), class_="figure soft updated"),
        data_job_id=job.job_id,
        data_status=job.status,
        data_version=job.version,
        data_created=time_text(job.created_at),
    )


def _progress(job: JobSummary) -> Html:
    bar = h("progress", max=100, value=job.percent, data_field="bar", aria_label="Progress")
    percent = h("span", f"{job.percent} %", class_="figure", data_field="percent")
    time_left = h("span", left(job.estimated_completion_seconds), class_="soft", data_field="left")
    headline = job.error_message or job.waiting_for or job.message
    return join(
        h("span", bar, percent, time_left, class_="bar"),
        h("span", headline, class_="headline", data_field="headline", dir="auto"),
    )


def _cost(job: JobSummary) -> Html:
    estimate = "" if job.estimated_cost is None else f" of {money(job.estimated_cost)}"
    return join(
        h("span", money(job.actual_cost), data_field="cost"),
        h("span", estimate, class_="soft", data_field="estimate"),
        h("span", list_price(job.list_price), class_="soft list-price", data_field="list-price"),
    )


def _pages(query: JobQuery, page: JobPage) -> Html:
    newest = h("a", "Newest", href=replace(query, after=None).url, class_="button quiet")
    older = replace(query, after=page.next_cursor).url
    return h(
        "nav",
        newest if query.after else None,
        h("a", "Older jobs", href=older, class_="button quiet", rel="next") if page.next_cursor else None,
        class_="pages",
        aria_label="Pages",
    )


def _no_jobs(query: JobQuery, figures: Figures) -> Html:
    if query.text:
        return _empty(f"No job matches “{query.text}”", "Names, messages and render ids of all jobs were searched.")
    if query.waiting_for == NEEDS_OPERATOR:
        return _empty(
            "No job needs you", "When nobody but you can tell whether a render was paid, its job stands here."
        )
    if query.waiting_for:
        return _empty(f"No job waits for “{query.waiting_for}”", "The tab All shows every job.")
    if query.status:
        return _empty(f"No job is {query.status}", "The tab All shows every job.")
    if figures.counts:
        return _empty("There are no older jobs", "You have seen all jobs.")
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
