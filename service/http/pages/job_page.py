"""The page of one job: status, why it waits, video, costs, and all of its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.errors import Unavailable
from domain.events import EVENT_TYPES, VideoCompleted
from domain.machine import FINAL, Status
from domain.steps import next_steps, waiting_for
from service.formats import list_price, money, size
from service.http.answers import history_of
from service.http.api.links import origin_of
from service.http.dependencies import Dependencies
from service.http.pages.attempts import attempts
from service.http.pages.formats import left, moment, pixels, span
from service.http.pages.html import Html, h
from service.http.pages.job_commands import advice, buttons, commands
from service.http.pages.needs_you import needs_you
from service.http.pages.page import facts
from service.http.pages.page_data import JobPageData, page_data
from service.http.pages.scenes import scenes
from service.http.pages.share import share_form
from service.http.pages.site import Site
from service.http.pages.stepper import stepper
from service.http.pages.timeline import timeline
from service.http.pages.version_slider import banner, version_slider
from service.http.problems import Problem
from service.jobs.waiting_for import shown_reason


def routes(site: Site) -> APIRouter:
    """Return the route of a job's page."""
    router = APIRouter()

    async def show(request: Request) -> Response:
        history = await history_of(site.dependencies, request.path_params["job_id"])
        version = _version(request.query_params.get("version"), newest=len(history.events))
        data = page_data(history.events, version=version, now=site.dependencies.clock.now())
        data = await _with_waiting_for(data, site.dependencies)
        terminal = commands(data, origin=origin_of(request), with_token=site.with_token)
        done = data.job.completed
        share = share_form(data.job.job_id) if site.with_token and done and done.video_url else None
        title = f"{data.job.job_id} · {data.job.status}"
        return site.respond(title, _main(data, below=(share, terminal)), nav_url="/", script="live-job.js")

    site.add(router, "/jobs/{job_id}", show)
    return router


async def _with_waiting_for(data: JobPageData, dependencies: Dependencies) -> JobPageData:
    """Add why the job waits; the page goes without it while the database is unavailable."""
    if not next_steps(data.job) or not data.is_newest:
        return data
    job_id = data.job.job_id
    try:
        reason = await dependencies.jobs.waiting_for(job_id)
        is_queued = reason is None and data.job.status is Status.APPROVED
        ahead = await dependencies.queue.ahead_of(job_id) if is_queued else None
    except Unavailable:
        return data
    return replace(data, waiting_for=reason, ahead=ahead)


def _version(text: str | None, *, newest: int) -> int:
    if text is None:
        return newest
    if text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= newest:
        return int(text)
    raise Problem("moment_not_found", f"The job has the versions 1 to {newest}")


def _main(data: JobPageData, *, below: Sequence[Html | None]) -> Html:
    job = data.job
    live = h(
        "live-job",
        banner(data),
        _title(data),
        needs_you(data),
        stepper(data),
        h(
            "div",
            h("div", _video(data), scenes(data), attempts(data), timeline(data), class_="column"),
            h("aside", _facts(data), version_slider(data), below, class_="column"),
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
        data_position=data.all_events[-1].position,
        data_newest=data.is_newest,
    )


def _title(data: JobPageData) -> Html:
    job = data.job
    return h(
        "div",
        h("p", h("a", "All jobs", href="/"), class_="crumb"),
        h("h1", job.job_id),
        h("span", job.status.value, class_="chip", data_status=job.status.value, id="status"),
        buttons(data),
        class_="title",
    )


def _video(data: JobPageData) -> Html:
    done = data.job.completed
    player = _player(data, done) if done and done.video_url else None
    return h("section", h("h2", "Video", class_="unseen"), player, _state(data), id="stage", class_="card")


def _player(data: JobPageData, done: VideoCompleted) -> Html:
    videos = f"/api/videos/{data.job.job_id}"
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


def _state(data: JobPageData) -> Html:
    job, hint = data.job, advice(data)
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
        _waiting(data),
        [h("p", h("b", "Warning: "), warning.message, class_="notice") for warning in job.warnings],
        h("p", hint, id="advice", class_="soft") if hint else None,
        class_="state",
    )


def _waiting(data: JobPageData) -> Html | None:
    reason = shown_reason(waiting_for(data.job), data.waiting_for)
    if reason is None:
        return None
    if data.job.needs_operator:
        reason += f": {data.job.last_problem}"
    if data.ahead is not None:
        reason += f", {data.ahead} before it"
    until = moment(data.job.retry_at, "clock") if data.job.retry_at else None
    return h("p", h("b", "Waiting: "), reason, " ", until, class_="notice", id="waiting")


def _facts(data: JobPageData) -> Html:
    job, done, wishes = data.job, data.job.completed, data.job.output
    began, newest = data.history[0].recorded_at, data.history[-1].recorded_at
    pairs = {
        "Cost": f"{money(job.actual_cost)} of {money(job.estimated_cost)} estimated",
        "Not billed": list_price(job.list_price),
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
