"""The health page: whether every part of the service works, the workers, the settings."""

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
    "database": ("Database", "Until it is back, jobs cannot be approved or changed. Nothing that was stored is lost."),
    "nats": ("NATS, streams and consumer", "Approvals wait in their stream; this page still takes new ones."),
    "provider": ("Provider", "Jobs wait or are tried again; what was paid is not paid again."),
    "disk": ("Disk", "Free some space in the data directory: videos are written there."),
}


def routes(site: Site) -> APIRouter:
    """Return the route of the page."""
    router, dependencies = APIRouter(), site.dependencies

    async def show(_request: Request) -> Response:
        checks = await check_all({**dependencies.checks, "provider": dependencies.provider})
        title = "Everything works" if all(check.ok for check in checks.values()) else "Something is wrong"
        try:
            workers = await dependencies.queue.workers()
        except Unavailable:
            workers = []
        main = _main(title, checks, workers, site.settings)
        return site.respond(title, main, nav_url="/health", script="live-health.js")

    site.add(router, "/health", show)
    return router


def _main(title: str, checks: Mapping[str, Check], workers: Sequence[LeaseHolder], settings: Settings) -> Html:
    rows = [_check(name, check) for name, check in sorted(checks.items(), key=lambda item: (item[1].ok, item[0]))]
    return h(
        "main",
        h(
            "live-health",
            h("div", h("h1", title), class_="title"),
            h("ul", rows, class_="checks"),
            _workers(workers),
            _settings(settings),
        ),
        id="main",
        class_="health",
    )


def _check(name: str, check: Check) -> Html:
    title, hint = _PARTS.get(name, (name.capitalize(), ""))
    return h(
        "li",
        h("span", "works" if check.ok else "fails", class_="chip", data_status="completed" if check.ok else "failed"),
        h("div", h("h2", title), h("p", check.reason), h("p", hint, class_="soft") if hint and not check.ok else None),
        class_="card",
        data_check=name,
        data_ok="true" if check.ok else "false",
    )


def _workers(workers: Sequence[LeaseHolder]) -> Html:
    """Return the processes that hold leases; a killed one stays here until its leases are taken over."""
    rows = [
        h("tr", h("td", worker.name), h("td", worker.jobs), h("td", "announces" if worker.announces else ""))
        for worker in workers
    ]
    head = h("tr", [h("th", name, scope="col") for name in ("Worker", "Jobs", "Relay")])
    table = h("table", h("thead", head), h("tbody", rows))
    none = h("p", "Nobody holds a lease.", class_="soft")
    return h("section", h("h2", "Workers"), table if rows else none, class_="card", id="workers")


def _settings(settings: Settings) -> Html:
    renderer = f"{settings.renderer} {settings.replicate_model or settings.replicate_profile or ''}".strip()
    pairs: Mapping[str, Child] = {
        "Renderer": renderer if settings.renderer == "replicate" else settings.renderer,
        "Jobs at once": settings.concurrency,
        "Retries": settings.max_retries,
        "A render may take": f"{settings.render_timeout_seconds:g} s",
        "Metrics": h("a", "/metrics", href="/metrics"),
        "Readiness": h("a", "/readyz", href="/readyz"),
        "Interface": h("a", "/openapi.json", href="/openapi.json"),
        "Bus": h("a", "/asyncapi", href="/asyncapi"),
    }
    return h("section", h("h2", "Settings"), facts(pairs), class_="card")
