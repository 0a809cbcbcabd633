"""Sharing a finished video: a form on the job's page, and the page with the link."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.http.answers import history_of
from service.http.api.links import Link, link_to, origin_of
from service.http.pages.formats import moment
from service.http.pages.html import Html, h
from service.http.pages.site import Site, read_form
from service.http.problems import Problem

SPANS: Final = {
    "hour": ("an hour", timedelta(hours=1)),
    "day": ("a day", timedelta(days=1)),
    "week": ("a week", timedelta(days=7)),
    "month": ("30 days", timedelta(days=30)),
}


def routes(site: Site) -> APIRouter:
    """Return the route of the form."""
    router, dependencies = APIRouter(), site.dependencies

    async def make(request: Request) -> Response:
        span = SPANS.get((await read_form(request)).get("span", ""))
        if span is None:
            raise Problem("bad_request", f"A link is valid for one of: {', '.join(SPANS)}")
        job = (await history_of(dependencies, request.path_params["job_id"])).job
        expires_at = dependencies.clock.now().replace(microsecond=0) + span[1]
        link = link_to(job, origin=origin_of(request), token=site.token, expires_at=expires_at)
        return site.respond(f"Share {job.job_id}", _link_page(job.job_id, link), nav_url="/")

    site.add(router, "/jobs/{job_id}/link", make, post=True)
    return router


def share_form(job_id: str) -> Html:
    """Return the form that asks how long the link is valid."""
    choices = [h("option", text, value=name, selected=name == "day") for name, (text, _) in SPANS.items()]
    form = h(
        "form",
        h("label", "A link that anybody may open, for", for_="span"),
        h("select", choices, id="span", name="span"),
        h("button", "Make the link"),
        method="post",
        action=f"/jobs/{job_id}/link",
        class_="stack",
    )
    return h("details", h("summary", "Share…"), form, class_="commands", data_key="share", id="share")


def _link_page(job_id: str, link: Link) -> Html:
    if link.expires_at:
        texts = [
            h("p", "Anybody who has it sees the video until ", moment(link.expires_at), "."),
            h("p", "It cannot be taken back; another REELWRIGHT_API_TOKEN ends all links.", class_="soft"),
        ]
    else:
        texts = [h("p", "This service needs no token: anybody who can reach it sees the video.")]
    button = h("button", "Copy the link", type="button", class_="quiet small", hidden=True)
    card = h(
        "div",
        h("p", h("a", job_id, href=f"/jobs/{job_id}"), class_="crumb"),
        h("h1", "A link to the video"),
        h("copy-text", h("code", link.video_url, id="link"), button),
        texts,
        class_="card lonely",
    )
    return h("main", card, id="main")
