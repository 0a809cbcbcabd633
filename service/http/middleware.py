"""Middleware: checks of every request; headers, metrics and error handling of every answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import Unavailable
from service.http.auth import TokenGuard
from service.http.limits import check_address, check_type
from service.http.origins import KnownHosts
from service.http.problems import Problem
from service.jobs.metrics import Metrics

log = structlog.get_logger()

OPEN_TO_ANY_NAME: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Probes and scrapers may use any host name; these routes show nothing about any job."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
METHODS: Final = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
DEFAULT_RETRY_SECONDS: Final = 5.0

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Sent with every answer that does not set them itself."""


def unavailable(error: Unavailable, *, code: str = "unavailable", facts: Mapping[str, object] | None = None) -> Problem:
    """Return the problem for a part that is unavailable, with `Retry-After`."""
    seconds = error.retry_after_seconds or DEFAULT_RETRY_SECONDS
    return Problem(code, str(error), headers={"Retry-After": str(max(1, round(seconds)))}, facts=facts)


class RequestMiddleware:
    """Checks address length, `Host`, `Origin`, token and content type of every request."""

    def __init__(self, app: ASGIApp, *, hosts: KnownHosts, guard: TokenGuard | None) -> None:
        self._app = app
        self._hosts = hosts
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with a problem."""
        if scope["type"] == "http":
            try:
                self._check(HTTPConnection(scope))
            except Problem as problem:
                await problem.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, connection: HTTPConnection) -> None:
        path, method = connection.scope["path"], connection.scope["method"]
        check_address(connection)
        if path not in OPEN_TO_ANY_NAME:
            self._hosts.check_host(connection)
        if method not in SAFE_METHODS:
            self._hosts.check_origin(connection)
        if self._guard is not None and (path == "/api" or path.startswith("/api/")):
            self._guard.check(connection)
        if method == "POST":
            check_type(connection)


class ResponseMiddleware:
    """The outermost layer: adds the headers, counts every answer, and turns every error into one."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._metrics = metrics
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, also when the application raises an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at, has_started = self._monotonic(), False

        async def send_answer(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                self._count(scope, message["status"], self._monotonic() - started_at)
            await send(message)

        try:
            await self._app(scope, receive, send_answer)
        except ClientDisconnect:
            log.info("client_left", path=scope["path"][:200])
        except Exception as error:
            if has_started:
                raise  # the server closes the connection, so that the client sees that the answer is not whole
            await _error_response(error, scope)(scope, receive, send_answer)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)


def _error_response(error: Exception, scope: Scope) -> ASGIApp:
    if isinstance(error, Unavailable):
        return unavailable(error).response()
    log.error("request_broken", path=scope["path"][:200], method=scope["method"], exc_info=error)
    return Problem("internal_error", "The request could not be answered").response()
