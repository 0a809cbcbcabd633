"""Commands to a job from its page: buttons, and the same commands for a terminal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.job import Job
from domain.machine import Status
from service.http.answers import execute
from service.http.pages.html import Html, h
from service.http.pages.page import redirect
from service.http.pages.page_data import JobPageData
from service.http.pages.site import Site, read_form
from service.jobs.possible import possible_commands

BY = "page"


def routes(site: Site) -> APIRouter:
    """Return the routes of the buttons' forms; each leads back to the job."""
    router, operations = APIRouter(), site.dependencies.operations

    async def cancel(request: Request) -> Response:
        return await command(request, partial(operations.cancel, by=BY))

    async def retry(request: Request) -> Response:
        return await command(request, partial(operations.retry, by=BY))

    async def command(request: Request, operation: Callable[[str], Awaitable[Job]]) -> Response:
        await read_form(request)
        job = await execute(site.dependencies, request.path_params["job_id"], operation)
        return redirect(f"/jobs/{job.job_id}")

    site.add(router, "/jobs/{job_id}/cancel", cancel, post=True)
    site.add(router, "/jobs/{job_id}/retry", retry, post=True)
    return router


def buttons(data: JobPageData) -> Html | None:
    """Return the buttons of the commands that are possible now, None for an older version."""
    if not data.is_newest:
        return None
    possible = possible_commands(data.job, at=data.now)
    forms = (_retry(data) if possible.retry else None, _cancel(data) if possible.cancel else None)
    return h("div", *forms, class_="actions", id="actions") if any(forms) else None


def advice(data: JobPageData) -> str | None:
    """Return what a retry would do and cost, None for a job that did not fail."""
    if not data.is_newest or data.job.status is not Status.FAILED:
        return None
    if data.job.last_event == "StoryboardRefused":
        return "Nothing was rendered. Approve a corrected storyboard under the same name."
    possible = possible_commands(data.job, at=data.now)
    if possible.no_retry is not None:
        return f"{possible.no_retry.capitalize()}."
    if possible.retry_only_downloads:
        return "Trying again downloads the video that was paid for once more; nothing is rendered."
    return "Trying again begins a new render, which costs again."


def _retry(data: JobPageData) -> Html:
    name = "Nothing was created: try again" if data.job.needs_operator else "Try again"
    return h("form", h("button", name), method="post", action=f"/jobs/{data.job.job_id}/retry")


def _cancel(data: JobPageData) -> Html:
    confirmation = h(
        "form",
        h("p", "What it has cost so far stays. This cannot be undone."),
        h("button", "Cancel this job", class_="danger"),
        method="post",
        action=f"/jobs/{data.job.job_id}/cancel",
    )
    return h("details", h("summary", "Cancel…", class_="button quiet"), confirmation, class_="sure", data_key="cancel")


def commands(data: JobPageData, *, origin: str, with_token: bool) -> Html:
    """Return the terminal commands that show, follow, cancel and retry the job."""
    job_id, token = data.job.job_id, ' -H "Authorization: Bearer $REELWRIGHT_API_TOKEN"' if with_token else ""
    url = f"{origin}{data.url}"
    rows = [
        ("Show", f"curl -s{token} {url}", f"reelwright show {job_id}"),
        ("Follow", f"curl -sN{token} '{origin}/api/stream?job_id={job_id}'", f"reelwright watch {job_id}"),
    ]
    possible = possible_commands(data.job, at=data.now)
    rows += [
        (name.capitalize(), f"curl -s{token} -X POST {url}/{name}", f"reelwright {name} {job_id}")
        for name, is_possible in (("cancel", possible.cancel), ("retry", possible.retry))
        if is_possible
    ]
    lists = [
        h("div", h("h3", name), _copyable(curl, "curl"), _copyable(cli, "CLI command")) for name, curl, cli in rows
    ]
    return h("details", h("summary", "In a terminal"), lists, class_="commands", data_key="commands", id="commands")


def _copyable(command: str, kind: str) -> Html:
    return h(
        "copy-text",
        h("code", command),
        h("button", f"Copy as {kind}", type="button", class_="quiet small", hidden=True),
    )
