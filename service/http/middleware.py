"""What every request passes on its way in and out: limits, names, tokens; security headers, figures, the last net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import Unavailable
from service.http.auth import TokenGuard
from service.http.limits import check_address, check_type
from service.http.origins import Names
from service.http.problems import Problem
from service.jobs.metrics import Metrics

log = structlog.get_logger()

OPEN_TO_ANY_NAME: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Probes and scrapers come by whatever address they know, and find nothing about any job."""

READING: Final = frozenset({"GET", "HEAD"})
METHODS: Final = READING | {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
DEFAULT_RETRY_SECONDS: Final = 5.0

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Sent with every answer that does not say otherwise itself."""


def unavailable(error: Unavailable) -> Problem:
    """Say that a part is away, and when to come back."""
    seconds = error.retry_after_seconds or DEFAULT_RETRY_SECONDS
    return Problem("unavailable", str(error), headers={"Retry-After": str(max(1, round(seconds)))})


class RequestMiddleware:
    """Lets a request in when it is short enough, sent to us, from us, of a known type, and allowed."""

    def __init__(self, app: ASGIApp, *, names: Names, guard: TokenGuard | None) -> None:
        self._app = app
        self._names = names
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with the problem."""
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
            self._names.check_host(connection)
        if method not in READING:
            self._names.check_origin(connection)
        if self._guard is not None and (path == "/api" or path.startswith("/api/")):
            self._guard.check(connection)
        if method == "POST":
            check_type(connection)


class ResponseMiddleware:
    """The outermost layer: nothing but an answer leaves here, and each one is counted."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._metrics = metrics
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, whatever happens inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send, self._metrics, monotonic=self._monotonic)
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            log.info("client_left", path=scope["path"][:200])
        except Exception as error:
            if answer.begun:
                raise  # the server cuts the connection, so that the reader knows the answer is not whole
            await _last_word(error, scope)(scope, receive, answer.send)


def _last_word(error: Exception, scope: Scope) -> ASGIApp:
    if isinstance(error, Unavailable):
        return unavailable(error).response()
    log.error("request_broken", path=scope["path"][:200], method=scope["method"], exc_info=error)
    return Problem("internal_error", "The request could not be answered").response()


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send, metrics: Metrics, *, monotonic: Callable[[], float]) -> None:
        self.begun = False
        self._scope = scope
        self._send = send
        self._metrics = metrics
        self._monotonic = monotonic
        self._began = monotonic()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            self._count(message["status"])
        await self._send(message)

    def _count(self, status: int) -> None:
        route = getattr(self._scope.get("route"), "path", "none")
        method = self._scope["method"] if self._scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(self._monotonic() - self._began)
