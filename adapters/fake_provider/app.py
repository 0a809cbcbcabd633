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
from adapters.fake_provider.reading import (
    cancel_prediction,
    create_file,
    describe_deployment,
    describe_model,
    get_file,
    get_prediction,
    list_predictions,
)
from adapters.fake_provider.state import ProviderState, faulty
from adapters.fake_provider.wire import Dated

Handler = Callable[[Request, ProviderState], Awaitable[Response]]


def make_app(state: ProviderState) -> Starlette:
    """Return the application. `/_books` shows the books, `/_faults` changes the faults, both without a token."""

    def api(path: str, handler: Handler, method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            if not _is_known(request, state):
                return faulty(state, "unauthorized")
            return await handler(request, state)

        return Route(f"/v1/{path}", endpoint, methods=[method])

    async def delivery(request: Request) -> Response:
        return await run_in_threadpool(deliver, request, state)

    async def books(request: Request) -> Response:  # noqa: ARG001 - the signature of an endpoint
        return JSONResponse(state.report())

    async def faults(request: Request) -> Response:
        return await _change_faults(request, state)

    async def remove_data(request: Request) -> Response:
        state.books.remove_data(request.path_params["id"])
        return Response(status_code=204)

    return Starlette(
        middleware=[Middleware(Dated, now=lambda: now() + state.clock_ahead)],
        routes=[
            api("predictions", create, "POST"),
            api("models/{owner}/{name}/predictions", create, "POST"),
            api("deployments/{owner}/{name}/predictions", create, "POST"),
            api("predictions", list_predictions),
            api("predictions/{id}", get_prediction),
            api("predictions/{id}/cancel", cancel_prediction, "POST"),
            api("models/{owner}/{name}", describe_model),
            api("models/{owner}/{name}/versions/{version}", describe_model),
            api("deployments/{owner}/{name}", describe_deployment),
            api("files", create_file, "POST"),
            api("files/{id}", get_file),
            Route("/delivery/{id}/{name}", delivery),
            Route("/_books", books),
            Route("/_faults", faults, methods=["GET", "PUT", "PATCH"]),
            Route("/_predictions/{id}/data", remove_data, methods=["DELETE"]),
        ],
    )


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
