"""One job: what it does now and why it waits, its video, what it costs, and everything that happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.errors import Unavailable
from domain.events import EVENT_TYPES, VideoCompleted
from domain.machine import FINAL, Status
from domain.steps import next_steps, waiting_for
from service.formats import money, size
from service.http.answers import history_of
from service.http.api.links import origin_of
from service.http.pages.attempts import attempts
from service.http.pages.formats import left, moment, pixels, span
from service.http.pages.html import Html, h
from service.http.pages.job_commands import advice, buttons, commands
from service.http.pages.page import facts
from service.http.pages.scenes import scenes
from service.http.pages.share import share_form
from service.http.pages.shown_job import Shown, show_at
from service.http.pages.site import Site
from service.http.pages.stepper import stepper
from service.http.pages.timeline import timeline
from service.http.pages.version_slider import banner, moments
from service.http.problems import Problem


def routes(site: Site) -> APIRouter:
    """Return the route of a job's page."""
    router = APIRouter()
    site.add(router, "/jobs/{job_id}", JobPageRoute(site).show)
    return router


class JobPageRoute:
    """Shows one job."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, request: Request) -> Response:
        """Show the job as it is, or with `version` as it was."""
        history = await history_of(self._site.dependencies, request.path_params["job_id"])
        wanted = _version(request.query_params.get("version"), newest=len(history.events))
        shown = show_at(history.events, version=wanted, now=self._site.dependencies.clock.now())
        shown = await self._with_waiting_for(shown)
        terminal = commands(shown, origin=origin_of(request), with_token=self._site.with_token)
        done = shown.job.completed
        share = share_form(shown.job.job_id) if self._site.with_token and done and done.video_url else None
        main = _main(shown, below=(share, terminal))
        title = f"{shown.job.job_id} · {shown.job.status}"
        return self._site.respond(title, main, place="/", script="live-job.js")

    async def _with_waiting_for(self, shown: Shown) -> Shown:
        """Add why it waits, which is in no event; the page does without when the database is away."""
        if not next_steps(shown.job) or not shown.is_newest:
            return shown
        job_id, dependencies = shown.job.job_id, self._site.dependencies
        try:
            met = await dependencies.jobs.waiting_for(job_id)
            is_queued = met is None and shown.job.status is Status.APPROVED
            return replace(
                shown, waiting_for=met, ahead=await dependencies.queue.ahead_of(job_id) if is_queued else None
            )
        except Unavailable:
            return shown


def _version(text: str | None, *, newest: int) -> int:
    if text is None:
        return newest
    if text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= newest:
        return int(text)
    raise Problem("moment_not_found", f"The job has the versions 1 to {newest}")


def _main(shown: Shown, *, below: Sequence[Html | None]) -> Html:
    job = shown.job
    live = h(
        "live-job",
        banner(shown),
        _head(shown),
        stepper(shown),
        h(
            "div",
            h("div", _stage(shown), scenes(shown), attempts(shown), timeline(shown), class_="column"),
            h("aside", _facts(shown), moments(shown), below, class_="column"),
            class_="columns",
        ),
        data_events=" ".join(EVENT_TYPES),
    )
    return h(
        "main",
        live,
        id="main",
        class_="job",
        data_job_id=job.job_id,
        data_status=job.status.value,
        data_version=job.version,
        data_position=shown.all_events[-1].position,
        data_newest=shown.is_newest,
    )


def _head(shown: Shown) -> Html:
    job = shown.job
    return h(
        "div",
        h("p", h("a", "All jobs", href="/"), class_="crumb"),
        h("h1", job.job_id),
        h("span", job.status.value, class_="chip", data_status=job.status.value, id="status"),
        buttons(shown),
        class_="title",
    )


def _stage(shown: Shown) -> Html:
    """Return what is most worth looking at: the video, or how far it is, or why there is none."""
    done = shown.job.completed
    player = _player(shown, done) if done and done.video_url else None
    return h("section", h("h2", "Video", class_="unseen"), player, _state(shown), id="stage", class_="card")


def _player(shown: Shown, done: VideoCompleted) -> Html:
    videos = f"/api/videos/{shown.job.job_id}"
    return h(
        "video",
        h("a", "Download the video", href=f"{videos}/data"),
        src=f"{videos}/data",
        poster=f"{videos}/thumbnail",
        controls=True,
        playsinline=True,
        preload="metadata",
        width=done.width,
        height=done.height,
        data_key="player",
    )


def _state(shown: Shown) -> Html:
    job = shown.job
    bar = h(
        "div",
        h("progress", max=100, value=job.percent, id="bar", aria_label="Progress"),
        h("strong", f"{job.percent} %", id="percent", class_="figure"),
        class_="bar large",
    )
    return h(
        "div",
        bar if job.status not in FINAL else None,
        h("p", job.message, id="message", class_="error" if job.status is Status.FAILED else None, dir="auto"),
        h("p", left(job.estimated_completion_seconds), id="left", class_="soft") if job.status not in FINAL else None,
        _waiting(shown),
        [h("p", h("b", "Warning: "), warning.message, class_="notice") for warning in job.warnings],
        h("p", advice(shown), id="advice", class_="soft") if advice(shown) else None,
        class_="state",
    )


def _waiting(shown: Shown) -> Html | None:
    """Say in one sentence why nothing happens; the word that programs look for comes first."""
    why = shown.waiting_for or waiting_for(shown.job)
    if why is None:
        return None
    reason = f"{why}: {shown.job.last_problem}" if shown.job.needs_operator else why
    if shown.ahead is not None:
        reason += f", {shown.ahead} before it"
    until = shown.job.retry_at
    return h(
        "p", h("b", "Waiting: "), reason, " ", moment(until, "clock") if until else None, class_="notice", id="waiting"
    )


def _facts(shown: Shown) -> Html:
    job, done = shown.job, shown.job.completed
    wishes = job.output
    began, newest = shown.history[0].recorded_at, shown.history[-1].recorded_at
    pairs = {
        "Cost": f"{money(job.actual_cost)} of {money(job.estimated_cost)} estimated",
        "Above the estimate": "yes" if done and done.above_estimate else None,
        "Begun": moment(began),
        "Last event": moment(newest),
        "Took": span((newest - began).total_seconds()) if job.status in FINAL else None,
        "Attempts": job.attempt or None,
        "Wanted": pixels(wishes.width, wishes.height),
        **(_video_facts(job.job_id, done) if done else {}),
    }
    return h("section", h("h2", "Facts", class_="unseen"), facts(pairs), class_="card", id="facts")


def _video_facts(job_id: str, done: VideoCompleted) -> dict[str, Html | str | None]:
    if done.sha256 is None:
        return {"Video": "none: this renderer stores no file"}
    return {
        "Length": span(done.duration_seconds),
        "Image": f"{pixels(done.width, done.height)}, {done.codec}",
        "File": h("a", f"{size(done.size_bytes)}, MP4", href=f"/api/videos/{job_id}/data", download=f"{job_id}.mp4"),
        "SHA-256": h("code", done.sha256, class_="hash"),
    }
