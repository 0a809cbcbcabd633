"""Commands to a job from its page: buttons, and the same commands for a terminal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.job import Job
from domain.job_id import JOB_ID
from domain.machine import Status
from service.http.answers import execute
from service.http.pages.html import Html, h
from service.http.pages.needs_you import RENDER_FIELD, SCENE_FIELD
from service.http.pages.page import redirect
from service.http.pages.page_data import JobPageData
from service.http.pages.site import Site, read_form
from service.http.problems import Problem
from service.jobs.possible import possible_commands
from service.jobs.render_lookup import read_render_id

BY = "page"
LONGEST_SCENE_NUMBER = 6
"""Digits."""


def routes(site: Site) -> APIRouter:
    """Return the routes of the buttons' forms; each leads back to the job."""
    router, operations = APIRouter(), site.dependencies.operations

    async def cancel(request: Request) -> Response:
        await read_form(request)
        return await command(request, partial(operations.cancel, by=BY))

    async def retry(request: Request) -> Response:
        fields, job_id = await read_form(request), request.path_params["job_id"]
        render_id, scene = _found(fields, job_id), _scene(fields, job_id)
        return await command(request, partial(operations.retry, by=BY, render_id=render_id, scene=scene))

    async def command(request: Request, operation: Callable[[str], Awaitable[Job]]) -> Response:
        job = await execute(site.dependencies, request.path_params["job_id"], operation)
        return redirect(f"/jobs/{job.job_id}")

    site.add(router, "/jobs/{job_id}/cancel", cancel, post=True)
    site.add(router, "/jobs/{job_id}/retry", retry, post=True)
    return router


def _found(fields: Mapping[str, str], job_id: str) -> str | None:
    """Return the typed render id; None where the form has no such field. An empty field is no answer: Problem."""
    if RENDER_FIELD not in fields:
        return None
    try:
        return read_render_id(fields[RENDER_FIELD])
    except ValueError as error:
        raise _unreadable(str(error), job_id) from error


def _scene(fields: Mapping[str, str], job_id: str) -> int | None:
    text = fields.get(SCENE_FIELD)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_SCENE_NUMBER and int(text)):
        raise _unreadable("scene: a number from 1", job_id)
    return int(text)


def _unreadable(detail: str, job_id: str) -> Problem:
    return Problem("unreadable_order", detail, facts={"job_id": job_id} if JOB_ID.fullmatch(job_id) else None)


def buttons(data: JobPageData) -> Html | None:
    """Return the buttons of the commands that are possible now, None for an older version."""
    if not data.is_newest:
        return None
    if data.job.needs_operator:
        return None  # they stand in the section that says what each of them costs
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
    return h("form", h("button", "Try again"), method="post", action=f"/jobs/{data.job.job_id}/retry")


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
    """Return the terminal commands that show, follow, cancel and retry the job, or name its render."""
    job_id, token = data.job.job_id, ' -H "Authorization: Bearer $REELWRIGHT_API_TOKEN"' if with_token else ""
    url = f"{origin}{data.url}"
    rows = [
        ("Show", f"curl -s{token} {url}", f"reelwright show {job_id}"),
        ("Follow", f"curl -sN{token} '{origin}/api/stream?job_id={job_id}'", f"reelwright watch {job_id}"),
    ]
    if data.job.needs_operator:
        body = """ -H 'Content-Type: application/json' -d '{"render_id": "ID"}'"""
        rows.append(("Adopt", f"curl -s{token}{body} {url}/retry", f"reelwright retry {job_id} --render-id ID"))
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
