"""What a person may order of a job from its page, and the same as commands to copy."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.commands import Cancel, Command, Retry
from domain.decide import decide
from domain.errors import IllegalMove
from domain.events import DownloadRetryRequested
from domain.machine import Status
from service.http.answers import fold, history_of
from service.http.pages.html import Html, h
from service.http.pages.page import redirect
from service.http.pages.shown_job import Shown
from service.http.pages.site import Site, read_form
from service.http.problems import Problem

BY = "page"


def routes(site: Site) -> APIRouter:
    """Return the routes that the buttons send their forms to."""
    router, forms = APIRouter(), CommandForms(site)
    site.add(router, "/jobs/{job_id}/cancel", forms.cancel, post=True)
    site.add(router, "/jobs/{job_id}/retry", forms.retry, post=True)
    return router


class CommandForms:
    """Gives orders, and leads back to the job."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def cancel(self, request: Request) -> Response:
        """Cancel the job."""
        return await self._give(request, Cancel(by=BY))

    async def retry(self, request: Request) -> Response:
        """Try the job again."""
        download_seconds = self._site.settings.download_deadline_seconds
        return await self._give(
            request, Retry(by=BY, at=self._site.dependencies.clock.now(), download_seconds=download_seconds)
        )

    async def _give(self, request: Request, command: Command) -> Response:
        await read_form(request)
        job_id = request.path_params["job_id"]
        job = fold(await history_of(self._site.dependencies, job_id))
        try:
            await self._site.dependencies.repository.command(job.job_id, command)
        except IllegalMove as error:
            raise Problem("illegal_move", f"Job {job.job_id}: {error}") from error
        return redirect(f"/jobs/{job.job_id}")


def buttons(shown: Shown) -> Html | None:
    """Return what can be ordered of the job as it is now; nothing of the past."""
    if not shown.is_newest:
        return None
    retry = _possible(shown, Retry(by=BY, at=shown.now))
    cancel = _possible(shown, Cancel(by=BY))
    if not (retry or cancel):
        return None
    return h("div", _retry(shown) if retry else None, _cancel(shown) if cancel else None, class_="orders", id="orders")


def advice(shown: Shown) -> str | None:
    """Say what trying again would do, and cost; of a job that did not fail nothing."""
    if not shown.is_newest or shown.job.status is not Status.FAILED:
        return None
    if shown.job.last_event == "StoryboardRefused":
        return "Nothing was rendered. Approve a corrected storyboard under the same name."
    try:
        (event,) = decide(Retry(by=BY, at=shown.now), shown.job)
    except IllegalMove as error:
        return f"{str(error).capitalize()}."
    if isinstance(event, DownloadRetryRequested):
        return "Trying again downloads the video that was paid for once more; nothing is rendered."
    return "Trying again begins a new render, which costs again."


def _possible(shown: Shown, command: Command) -> bool:
    try:
        decide(command, shown.job)
    except IllegalMove:
        return False
    return True


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
    """Return what shows and orders the same in a terminal."""
    job_id, token = shown.job.job_id, ' -H "Authorization: Bearer $REELWRIGHT_API_TOKEN"' if with_token else ""
    url = f"{origin}{shown.url}"
    rows = [
        ("Show", f"curl -s{token} {url}", f"reelwright show {job_id}"),
        ("Follow", f"curl -sN{token} '{origin}/api/stream?job_id={job_id}'", f"reelwright watch {job_id}"),
    ]
    rows += [
        (name.capitalize(), f"curl -s{token} -X POST {url}/{name}", f"reelwright {name} {job_id}")
        for name, command in (("cancel", Cancel(by=BY)), ("retry", Retry(by=BY, at=shown.now)))
        if _possible(shown, command)
    ]
    lists = [h("div", h("h3", name), _copied(curl, "curl"), _copied(line, "CLI command")) for name, curl, line in rows]
    return h("details", h("summary", "In a terminal"), lists, class_="commands", data_key="commands", id="commands")


def _copied(command: str, kind: str) -> Html:
    return h(
        "copy-text",
        h("code", command),
        h("button", f"Copy as {kind}", type="button", class_="quiet small", hidden=True),
    )
