"""The HTTP application of the fake provider: the API under `/v1`, the file host, and routes for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.fake_provider.books import now
from adapters.fake_provider.creating import create
from adapters.fake_provider.delivery import deliver
from adapters.fake_provider.faults import Faults
from adapters.fake_provider.files import create_file, delete_file, download_file, get_file, list_files
from adapters.fake_provider.models import (
    describe_account,
    describe_deployment,
    describe_model,
    describe_version,
    list_models,
    list_versions,
)
from adapters.fake_provider.reading import cancel_prediction, get_prediction, list_predictions
from adapters.fake_provider.state import ProviderState, faulty
from adapters.fake_provider.watching import show_page, stream_output
from adapters.fake_provider.wire import Dated

Handler = Callable[[Request, ProviderState], Awaitable[Response]]


API: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "predictions", create),
    ("POST", "models/{owner}/{name}/predictions", create),
    ("POST", "deployments/{owner}/{name}/predictions", create),
    ("GET", "predictions", list_predictions),
    ("GET", "predictions/{id}", get_prediction),
    ("POST", "predictions/{id}/cancel", cancel_prediction),
    ("GET", "account", describe_account),
    ("GET", "models", list_models),
    ("GET", "models/{owner}/{name}", describe_model),
    ("GET", "models/{owner}/{name}/versions", list_versions),
    ("GET", "models/{owner}/{name}/versions/{version}", describe_version),
    ("GET", "deployments/{owner}/{name}", describe_deployment),
    ("POST", "files", create_file),
    ("GET", "files", list_files),
    ("GET", "files/{id}", get_file),
    ("DELETE", "files/{id}", delete_file),
    ("GET", "files/{id}/download", download_file),
)


def make_app(state: ProviderState) -> Starlette:
    """Return the application. `/_books` shows the books, `/_faults` changes the faults, both without a token."""

    def route(method: str, path: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            return await handler(request, state)

        return Route(path, endpoint, methods=[method])

    async def unknown(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the signature of a handler
        return faulty(state, "not_found")

    return Starlette(
        exception_handlers={404: unknown},
        middleware=[Middleware(Dated, now=lambda: now() + state.clock_ahead)],
        routes=[
            *(route(method, f"/v1/{path}", _with_token(handler)) for method, path, handler in API),
            route("GET", "/delivery/{id}/{name}", _delivery),
            route("GET", "/p/{id}", show_page),
            route("GET", "/stream/{id}", stream_output),
            route("GET", "/_books", _show_books),
            *(route(method, "/_faults", _change_faults) for method in ("GET", "PUT", "PATCH")),
            route("DELETE", "/_predictions/{id}/data", _remove_data),
        ],
    )


def _with_token(handler: Handler) -> Handler:
    async def guarded(request: Request, state: ProviderState) -> Response:
        return await handler(request, state) if _is_known(request, state) else faulty(state, "unauthorized")

    return guarded


async def _delivery(request: Request, state: ProviderState) -> Response:
    return await run_in_threadpool(deliver, request, state)


async def _show_books(request: Request, state: ProviderState) -> Response:  # noqa: ARG001 - the form of a handler
    return JSONResponse(state.report())


async def _remove_data(request: Request, state: ProviderState) -> Response:
    state.books.remove_data(request.path_params["id"])
    return Response(status_code=204)


def _is_known(request: Request, state: ProviderState) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme == "Bearer" and bool(token) and state.token in (None, token)


async def _change_faults(request: Request, state: ProviderState) -> Response:
    """Return the faults, replace them (PUT), or change the fields in the body (PATCH)."""
    if request.method != "GET":
        try:
            changes = await request.json()
            old = state.faults.model_dump() if request.method == "PATCH" else {}
            new = Faults.model_validate({**old, **changes})
        except (ValidationError, ValueError, TypeError) as error:
            return JSONResponse({"title": "Unknown faults", "detail": str(error), "status": 422}, status_code=422)
        if request.method == "PUT":
            state.chooser.reload(new)
        else:
            state.chooser.faults = new
    return JSONResponse(state.faults.model_dump())
