"""Sharing a finished video: a form on the job's page, and the link that it makes."""

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
    """Return the route that the form is sent to."""
    router = APIRouter()
    site.add(router, "/jobs/{job_id}/link", Sharing(site).make, post=True)
    return router


class Sharing:
    """Makes links."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def make(self, request: Request) -> Response:
        """Show a link to the video that is good for the chosen time."""
        span = SPANS.get((await read_form(request)).get("span", ""))
        if span is None:
            raise Problem("bad_request", f"A link is good for one of: {', '.join(SPANS)}")
        job = (await history_of(self._site.dependencies, request.path_params["job_id"])).job
        expires_at = self._site.dependencies.clock.now().replace(microsecond=0) + span[1]
        link = link_to(job, origin=origin_of(request), token=self._site.token, expires_at=expires_at)
        return self._site.respond(f"Share {job.job_id}", _made(job.job_id, link), place="/", script="page.js")


def share_form(job_id: str) -> Html:
    """Return the form that asks for how long."""
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


def _made(job_id: str, link: Link) -> Html:
    until = (
        h("p", "Anybody who has it sees the video until ", moment(link.expires_at), ".") if link.expires_at else None
    )
    return h(
        "main",
        h(
            "div",
            h("p", h("a", job_id, href=f"/jobs/{job_id}"), class_="crumb"),
            h("h1", "A link to the video"),
            h(
                "copy-text",
                h("code", link.video_url, id="link"),
                h("button", "Copy the link", type="button", class_="quiet small", hidden=True),
            ),
            until or h("p", "This service asks for no token: who reaches it sees the video."),
            h("p", "It cannot be taken back before that; another REELWRIGHT_API_TOKEN ends all links.", class_="soft")
            if link.expires_at
            else None,
            class_="card lonely",
        ),
        id="main",
    )
