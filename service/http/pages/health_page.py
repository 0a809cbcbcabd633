"""Whether every part of the service works, and if not, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.errors import Unavailable
from service.http.api.health import check_all
from service.http.dependencies import LeaseHolder
from service.http.pages.html import Child, Html, h
from service.http.pages.page import facts
from service.http.pages.site import Site
from service.http.schemas import Check
from service.settings import Settings

_PARTS: Mapping[str, tuple[str, str]] = {
    "database": ("Database", "Nothing is taken or changed until it is back; nothing that was stored is lost."),
    "nats": ("NATS, streams and consumer", "Approvals wait in their stream; the page still takes new ones."),
    "provider": ("Provider", "Jobs wait or are tried again; what was paid is not paid again."),
    "disk": ("Disk", "Free some space in the data directory: videos are written there."),
}


def routes(site: Site) -> APIRouter:
    """Return the route of the page."""
    router = APIRouter()
    site.add(router, "/health", HealthPage(site).show)
    return router


class HealthPage:
    """Shows the state of the service."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, _request: Request) -> Response:
        """Ask every part how it is."""
        dependencies = self._site.dependencies
        checks = await check_all({**dependencies.checks, "provider": dependencies.provider})
        well = all(check.ok for check in checks.values())
        title = "Everything works" if well else "Something is wrong"
        main = _main(title, checks, await self._workers(), self._site.settings)
        return self._site.respond(title, main, place="/health", script="live-health.js")

    async def _workers(self) -> Sequence[LeaseHolder]:
        try:
            return await self._site.dependencies.queue.workers()
        except Unavailable:
            return []


def _main(title: str, checks: Mapping[str, Check], workers: Sequence[LeaseHolder], settings: Settings) -> Html:
    rows = [_check(name, check) for name, check in sorted(checks.items(), key=lambda item: (item[1].ok, item[0]))]
    return h(
        "main",
        h(
            "live-health",
            h("div", h("h1", title), class_="title"),
            h("ul", rows, class_="checks"),
            _crew(workers),
            _settings(settings),
        ),
        id="main",
        class_="health",
    )


def _check(name: str, check: Check) -> Html:
    title, hint = _PARTS.get(name, (name.capitalize(), ""))
    well = check.ok
    return h(
        "li",
        h("span", "works" if well else "away", class_="chip", data_status="completed" if well else "failed"),
        h("div", h("h2", title), h("p", check.reason), h("p", hint, class_="soft") if hint and not well else None),
        class_="card",
        data_check=name,
        data_ok="true" if well else "false",
    )


def _crew(workers: Sequence[LeaseHolder]) -> Html:
    """Return the processes that hold leases; one that is killed stays here until its leases are taken over."""
    lines = [
        h("tr", h("td", worker.name), h("td", worker.jobs), h("td", "announces" if worker.announces else ""))
        for worker in workers
    ]
    table = h(
        "table",
        h(
            "thead",
            h(
                "tr",
                h("th", "LeaseHolder", scope="col"),
                h("th", "Jobs in hand", scope="col"),
                h("th", "Relay", scope="col"),
            ),
        ),
        h("tbody", lines),
    )
    return h(
        "section",
        h("h2", "Workers"),
        table if lines else h("p", "Nobody holds a lease.", class_="soft"),
        class_="card",
        id="workers",
    )


def _settings(settings: Settings) -> Html:
    renderer = f"{settings.renderer} {settings.replicate_model or settings.replicate_profile or ''}".strip()
    pairs: Mapping[str, Child] = {
        "Renderer": renderer if settings.renderer == "replicate" else settings.renderer,
        "Jobs at once": settings.concurrency,
        "Retries": settings.max_retries,
        "A render may take": f"{settings.render_timeout_seconds:g} s",
        "Figures": h("a", "/metrics", href="/metrics"),
        "For programs": h("a", "/readyz", href="/readyz"),
        "Interface": h("a", "/openapi.json", href="/openapi.json"),
        "Bus": h("a", "/asyncapi", href="/asyncapi"),
    }
    return h("section", h("h2", "How it is set"), facts(pairs), class_="card")
