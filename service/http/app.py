"""The ASGI application: routes, middleware, and every error as a problem document."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute

from domain.errors import Refused, Unavailable, VersionConflict
from service.http.api import catalog, health, images, job_commands, jobs, links, stream, videos
from service.http.auth import TokenGuard
from service.http.dependencies import Dependencies
from service.http.live_window import LiveWindow
from service.http.middleware import RequestMiddleware, ResponseMiddleware, unavailable
from service.http.openapi import describe
from service.http.origins import KnownHosts
from service.http.pages.routes import routes as pages
from service.http.problems import FALLBACKS, Problem
from service.jobs.metrics import Metrics
from service.settings import Settings

log = structlog.get_logger()

SUMMARY = "Turns an approved storyboard into a finished video."


def create_app(dependencies: Dependencies, settings: Settings, *, metrics: Metrics) -> FastAPI:
    """Return the application. Its lifespan runs the live window; `dependencies.stopping` ends all live streams."""
    live_window = LiveWindow(dependencies.store, dependencies.log_signal)
    app = FastAPI(
        title="Reelwright",
        summary=SUMMARY,
        version=version("reelwright"),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(live_window, dependencies.stopping),
    )
    token = settings.api_token.get_secret_value() if settings.api_token else ""
    routers = (
        jobs.routes(dependencies),
        job_commands.routes(dependencies),
        images.routes(dependencies),
        videos.routes(dependencies),
        links.routes(dependencies, token=token),
        stream.routes(dependencies, live_window, metrics),
        health.routes(dependencies, metrics),
        catalog.routes(),
        pages(dependencies, settings),
    )
    for router in routers:
        app.include_router(router)
    describe(app, with_token=settings.api_token is not None)
    _answer_with_problems(app, [route for router in routers for route in router.routes])
    # The middleware that is added last sees a request first.
    hosts = KnownHosts(settings.http_host, with_token=bool(token))
    guard = TokenGuard(token, now=dependencies.clock.now) if token else None
    app.add_middleware(RequestMiddleware, hosts=hosts, guard=guard)
    app.add_middleware(ResponseMiddleware, metrics=metrics, monotonic=dependencies.clock.monotonic)
    return app


def _lifespan(
    live_window: LiveWindow, stopping: asyncio.Event
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    async def close_when_stopping() -> None:
        await stopping.wait()
        live_window.close()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(live_window.run()), group.create_task(close_when_stopping())]
            yield
            for task in tasks:
                task.cancel()

    return lifespan


def _answer_with_problems(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    @app.exception_handler(Problem)
    async def _problem(_request: Request, problem: Problem) -> Response:
        return problem.response()

    @app.exception_handler(Unavailable)
    async def _unavailable(_request: Request, error: Unavailable) -> Response:
        return unavailable(error).response()

    @app.exception_handler(VersionConflict)
    async def _conflict(_request: Request, error: VersionConflict) -> Response:
        return unavailable(Unavailable(str(error), retry_after_seconds=1)).response()

    @app.exception_handler(Refused)
    async def _store_refused(request: Request, error: Refused) -> Response:
        # A refusal that a request can cause is caught in its route; here the store itself cannot be used.
        log.error("request_refused", path=request.url.path[:200], reason=str(error))
        return Problem("internal_error", str(error)).response()

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        errors = [{"where": list(map(str, item["loc"])), "what": item["msg"]} for item in error.errors()]
        detail = "; ".join(f"{item['where'][-1]}: {item['what']}" for item in errors)
        return Problem("invalid_parameter", detail, facts={"errors": errors}).response()

    @app.exception_handler(HTTPException)
    async def _http_error(request: Request, error: HTTPException) -> Response:
        code = FALLBACKS.get(error.status_code, "bad_request")
        detail = f"{request.method} {request.url.path[:200]}: {error.detail}"
        headers = {"Allow": _allowed(routes, request.url.path)} if code == "method_not_allowed" else error.headers
        return Problem(code, detail, headers=headers).response()


def _allowed(routes: Sequence[BaseRoute], path: str) -> str:
    """Return the methods of all routes with this path: the framework names those of one route only."""
    matching = [route for route in routes if isinstance(route, APIRoute) and route.path_regex.match(path)]
    return ", ".join(sorted({method for route in matching for method in route.methods or ()}))
