"""The top of the page of a job that needs a person: what was requested, and the three things that may be said of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from service.formats import money
from service.http.pages.formats import moment
from service.http.pages.html import Html, h, join
from service.http.pages.page import facts
from service.http.pages.page_data import JobPageData
from service.jobs.render_lookup import LONGEST_RENDER_ID
from service.jobs.unresolved import UnresolvedRequest, unresolved_requests

RENDER_FIELD: Final = "render_id"
SCENE_FIELD: Final = "scene"
_TYPED: Final = r"\s*[A-Za-z0-9][A-Za-z0-9_\-]*\s*"
"""What a browser lets pass; the id itself is read where the form arrives."""


def needs_you(data: JobPageData) -> Html | None:
    """Return the section, None for a job that needs nobody and for an older version of one."""
    requests = unresolved_requests(data.job, data.history) if data.is_newest else ()
    if not requests:
        return None
    return h(
        "section",
        h("h2", "This job needs you"),
        h(
            "p",
            "A render was requested, and nobody can tell whether it exists. Look for it on the provider's page, "
            "in the list of what was rendered, at this time and with these values:",
        ),
        [_request(data.job.job_id, request) for request in requests],
        _give_up(data.job.job_id),
        id="needs-you",
        class_="card needs-you",
    )


def _request(job_id: str, request: UnresolvedRequest) -> Html:
    scene = request.render.scene
    title = f"Attempt {request.render.attempt}" + (f", scene {scene}" if scene else "")
    times = join(*(h("span", moment(at), " ") for at in request.requested_at))
    return h(
        "div",
        h("h3", title),
        facts({"Requested": times, **{name.capitalize(): text for name, text in request.facts.items()}}),
        h("div", _found(job_id, request), _there_is_none(job_id, request), class_="choices"),
        class_="unresolved",
    )


def _found(job_id: str, request: UnresolvedRequest) -> Html:
    name = f"render-{request.render.attempt}-{request.render.scene or 0}"
    field = h(
        "input",
        id=name,
        name=RENDER_FIELD,
        required=True,
        maxlength=LONGEST_RENDER_ID,
        pattern=_TYPED,
        title="Letters, digits, - and _: the id alone",
        autocomplete="off",
        spellcheck="false",
    )
    return _choice(
        job_id,
        request.render.scene,
        h("div", h("label", "Id of the render", for_=name), field, class_="field"),
        h("button", "It is this one"),
        h("p", "The provider is asked for it, and the job continues with it. Nothing new is rendered or paid."),
    )


def _there_is_none(job_id: str, request: UnresolvedRequest) -> Html:
    return _choice(
        job_id,
        request.render.scene,
        h("button", "There is none: render again", class_="quiet"),
        h(
            "p",
            f"It is looked for once more and then rendered again{_about(request.estimated_cost)}. "
            "If there was one after all, both are paid.",
        ),
    )


def _choice(job_id: str, scene: int | None, *children: Html) -> Html:
    hidden = h("input", type="hidden", name=SCENE_FIELD, value=scene) if scene else None
    return h("form", hidden, children, method="post", action=f"/jobs/{job_id}/retry", class_="choice")


def _about(cost: Decimal | None) -> str:
    return ", which costs again" if cost is None else f", which costs about {money(cost)} again"


def _give_up(job_id: str) -> Html:
    return h(
        "form",
        h("button", "Cancel", class_="danger"),
        h(
            "p",
            "The job ends, and this cannot be undone. If the render exists, it is still billed: "
            "it is looked for, and cancelled where it is found.",
        ),
        method="post",
        action=f"/jobs/{job_id}/cancel",
        class_="choice",
    )
