"""What a person may ask of a job from its page, and the same as commands to copy."""

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
from service.http.pages.shown_job import Shown
from service.http.pages.site import Site, read_form
from service.jobs.possible import possible_commands

BY = "page"


def routes(site: Site) -> APIRouter:
    """Return the routes that the buttons send their forms to."""
    router, forms = APIRouter(), CommandForms(site)
    site.add(router, "/jobs/{job_id}/cancel", forms.cancel, post=True)
    site.add(router, "/jobs/{job_id}/retry", forms.retry, post=True)
    return router


class CommandForms:
    """Passes commands on, and leads back to the job."""

    def __init__(self, site: Site) -> None:
        self._dependencies = site.dependencies

    async def cancel(self, request: Request) -> Response:
        """Cancel the job."""
        return await self._do(request, self._dependencies.operations.cancel)

    async def retry(self, request: Request) -> Response:
        """Try the job again."""
        return await self._do(request, self._dependencies.operations.retry)

    async def _do(self, request: Request, operation: Callable[..., Awaitable[Job]]) -> Response:
        await read_form(request)
        job = await execute(self._dependencies, request.path_params["job_id"], partial(operation, by=BY))
        return redirect(f"/jobs/{job.job_id}")


def buttons(shown: Shown) -> Html | None:
    """Return what can be asked of the job as it is now; nothing of the past."""
    if not shown.is_newest:
        return None
    possible = possible_commands(shown.job, at=shown.now)
    if not (possible.retry or possible.cancel):
        return None
    forms = (_retry(shown) if possible.retry else None, _cancel(shown) if possible.cancel else None)
    return h("div", *forms, class_="actions", id="actions")


def advice(shown: Shown) -> str | None:
    """Say what trying again would do, and cost; of a job that did not fail nothing."""
    if not shown.is_newest or shown.job.status is not Status.FAILED:
        return None
    if shown.job.last_event == "StoryboardRefused":
        return "Nothing was rendered. Approve a corrected storyboard under the same name."
    possible = possible_commands(shown.job, at=shown.now)
    if possible.no_retry is not None:
        return f"{possible.no_retry.capitalize()}."
    if possible.retry_only_downloads:
        return "Trying again downloads the video that was paid for once more; nothing is rendered."
    return "Trying again begins a new render, which costs again."


def _retry(shown: Shown) -> Html:
    name = "Nothing was created: try again" if shown.job.needs_operator else "Try again"
    return h("form", h("button", name), method="post", action=f"/jobs/{shown.job.job_id}/retry")


def _cancel(shown: Shown) -> Html:
    """Return a button that asks once more; what was spent is not given back."""
    sure = h(
        "form",
        h("p", "What it has cost so far stays. This cannot be undone."),
        h("button", "Cancel this job", class_="danger"),
        method="post",
        action=f"/jobs/{shown.job.job_id}/cancel",
    )
    return h("details", h("summary", "Cancel…", class_="button quiet"), sure, class_="sure", data_key="cancel")


def commands(shown: Shown, *, origin: str, with_token: bool) -> Html:
    """Return what shows the job and commands it in a terminal."""
    job_id, token = shown.job.job_id, ' -H "Authorization: Bearer $REELWRIGHT_API_TOKEN"' if with_token else ""
    url = f"{origin}{shown.url}"
    rows = [
        ("Show", f"curl -s{token} {url}", f"reelwright show {job_id}"),
        ("Follow", f"curl -sN{token} '{origin}/api/stream?job_id={job_id}'", f"reelwright watch {job_id}"),
    ]
    possible = possible_commands(shown.job, at=shown.now)
    rows += [
        (name.capitalize(), f"curl -s{token} -X POST {url}/{name}", f"reelwright {name} {job_id}")
        for name, is_possible in (("cancel", possible.cancel), ("retry", possible.retry))
        if is_possible
    ]
    lists = [h("div", h("h3", name), _copied(curl, "curl"), _copied(line, "CLI command")) for name, curl, line in rows]
    return h("details", h("summary", "In a terminal"), lists, class_="commands", data_key="commands", id="commands")


def _copied(command: str, kind: str) -> Html:
    return h(
        "copy-text",
        h("code", command),
        h("button", f"Copy as {kind}", type="button", class_="quiet small", hidden=True),
    )
