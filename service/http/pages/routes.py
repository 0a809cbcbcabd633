"""The routes of all pages as one router."""

from __future__ import annotations

from fastapi import APIRouter

from service.http.dependencies import Dependencies
from service.http.pages import (
    assets,
    asyncapi_page,
    health_page,
    job_commands,
    job_page,
    jobs_page,
    login,
    new_page,
    share,
)
from service.http.pages.site import Site
from service.settings import Settings


def routes(dependencies: Dependencies, settings: Settings) -> APIRouter:
    """Return the routes of the pages."""
    site, router = Site(dependencies, settings), APIRouter()
    pages = (
        assets.routes(),
        login.routes(site),
        jobs_page.routes(site),
        job_page.routes(site),
        job_commands.routes(site),
        share.routes(site),
        asyncapi_page.routes(site),
        new_page.routes(site),
        health_page.routes(site),
    )
    for page in pages:
        router.include_router(page)
    return router
