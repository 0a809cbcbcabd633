"""The page for a new video: it reads the form of a storyboard, or makes the sample video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources

from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.commands import Approve, RefuseStoryboard
from service.http.pages.new_form import MOST_SCENES, SIZES, Fields, FormPrices, new_form
from service.http.pages.page import redirect
from service.http.pages.site import Site, read_form
from service.http.problems import Problem
from service.intake.approval import read_approval
from service.intake.reading import UnreadableError
from service.jobs.naming import new_job_id
from service.jobs.operations import ApprovalConflict
from service.jobs.sample import SCENES, SECONDS_PER_SCENE
from service.jobs.views import to_json

Scenes = Sequence[Mapping[str, object]]


def routes(site: Site) -> APIRouter:
    """Return the routes of the form."""
    router, new = APIRouter(), NewVideo(site)
    site.add(router, "/new", new.show)
    site.add(router, "/new", new.approve, post=True)
    site.add(router, "/new/sample", new.sample, post=True)
    return router


class NewVideo:
    """Takes storyboards from the form."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._operations = site.dependencies.operations

    async def show(self, _request: Request) -> Response:
        """Show the empty form."""
        return self._form({})

    async def approve(self, request: Request) -> Response:
        """Approve the storyboard, or show the form again with the problem."""
        fields = await read_form(request)
        try:
            return await self._approve(_scenes(fields), fields, prefix="video")
        except Problem as problem:
            return self._form(fields, problem)

    async def sample(self, request: Request) -> Response:
        """Approve the sample storyboard."""
        await read_form(request)
        folder, images = resources.files("service.jobs.sample"), self._site.dependencies.images
        addresses = [f"/api/images/{await images.keep(folder.joinpath(name).read_bytes())}" for name in SCENES]
        scenes = [
            {"image_url": address, "description": description, "duration_seconds": SECONDS_PER_SCENE}
            for address, description in zip(addresses, SCENES.values(), strict=True)
        ]
        return await self._approve(scenes, {}, prefix="sample")

    async def _approve(self, scenes: Scenes, fields: Fields, *, prefix: str) -> Response:
        size = fields.get("size", "")
        width, _, height = (size if size in SIZES else next(iter(SIZES))).partition("x")
        dependencies = self._site.dependencies
        generated = new_job_id(prefix, at=dependencies.clock.now(), new_id=dependencies.new_id())
        body = {
            "job_id": fields.get("job_id", "").strip() or generated,
            "storyboard": scenes,
            "output": {"width": width, "height": height},
        }
        job_id, command = _read(body)
        command = replace(command, estimated_cost=self._operations.estimate(command.storyboard))
        job = await self._operations.approve(job_id, command)
        if isinstance(job, ApprovalConflict):
            raise Problem("storyboard_conflict", job.reason)
        return redirect(f"/jobs/{job.job_id}")

    def _form(self, fields: Fields, problem: Problem | None = None) -> Response:
        prices = self._operations.prices
        main = new_form(
            fields,
            problem,
            prices=FormPrices(
                per_image=prices.per_image,
                per_second=prices.of_video(1) - prices.of_video(0),
                per_video=prices.of_video(0),
                is_billed=self._operations.bills,
            ),
        )
        status = problem.status if problem else 200
        return self._site.respond("New video", main, nav_url="/new", script="new-video.js", status=status)


def _scenes(fields: Fields) -> Scenes:
    """Return the scenes with an address or a description; one without an address is refused later."""
    return [
        {
            "image_url": fields.get(f"image_url-{number}", "").strip(),
            "description": fields.get(f"description-{number}", "").strip(),
            "duration_seconds": fields.get(f"seconds-{number}") or None,
        }
        for number in range(1, MOST_SCENES + 1)
        if any(fields.get(f"{name}-{number}", "").strip() for name in ("image_url", "description"))
    ]


def _read(body: Mapping[str, object]) -> tuple[str, Approve]:
    try:
        approval = read_approval(to_json(body))
    except UnreadableError as error:
        raise Problem("unreadable_approval", "; ".join(dict.fromkeys((error.reason, *error.errors)))) from error
    match approval.command:
        case RefuseStoryboard(reason=reason):
            raise Problem("storyboard_refused", reason)
        case Approve() as command:
            return approval.job_id, command
