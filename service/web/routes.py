"""All pages as one router; all that the rest of the program needs to know of them."""

from __future__ import annotations

from fastapi import APIRouter

from service.api.parts import Parts
from service.metrics import Metrics
from service.settings import Settings
from service.web import assets, asyncapi_page, health_page, job_page, jobs_page, login, new_page, orders, share
from service.web.site import Site


def routes(parts: Parts, settings: Settings, metrics: Metrics) -> APIRouter:
    """Return the routes of the pages."""
    site, router = Site(parts, settings), APIRouter()
    pages = (
        assets.routes(),
        login.routes(site),
        jobs_page.routes(site),
        job_page.routes(site),
        orders.routes(site),
        share.routes(site),
        asyncapi_page.routes(site),
        new_page.routes(site),
        health_page.routes(site, metrics),
    )
    for page in pages:
        router.include_router(page)
    return router
