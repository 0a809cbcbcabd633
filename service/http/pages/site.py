"""What every page's routes share: who may come in, what a form may send, how an error looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from domain.errors import Unavailable
from service.http.auth import TokenGuard
from service.http.dependencies import Dependencies
from service.http.limits import read_body
from service.http.middleware import unavailable
from service.http.pages.html import Html, h
from service.http.pages.page import HtmlPage, redirect, respond
from service.http.problems import KINDS, Problem
from service.settings import Settings

Handler = Callable[[Request], Awaitable[Response]]
LARGEST_FORM_BYTES: Final = 256 * 1024
MOST_FIELDS: Final = 2500


class Site:
    """The pages of one service."""

    def __init__(self, dependencies: Dependencies, settings: Settings) -> None:
        self.dependencies = dependencies
        self.settings = settings
        self.token = settings.api_token.get_secret_value() if settings.api_token else ""
        self._guard = TokenGuard(self.token, now=dependencies.clock.now) if self.token else None

    @property
    def with_token(self) -> bool:
        """Whether only those who know a token come in."""
        return self._guard is not None

    def lets_in(self, request: Request) -> bool:
        """Tell whether the reader has signed in, where that is wanted."""
        try:
            if self._guard is not None:
                self._guard.check(request)
        except Problem:
            return False
        return True

    def respond(
        self, title: str, main: Html, *, place: str = "", script: str = "page.js", status: int = 200
    ) -> Response:
        """Return a page for somebody who is in."""
        page = HtmlPage(
            title=title, main=main, place=place, script=script, status=status, with_sign_out=self.with_token
        )
        return respond(page)

    def add(self, router: APIRouter, path: str, handler: Handler, *, post: bool = False) -> None:
        """Add a page, or what a form is sent to; who is not in comes to the login first."""

        async def answer(request: Request) -> Response:
            if not self.lets_in(request):
                return redirect(_login(request))
            return await self.guarded(handler, request)

        router.add_api_route(path, answer, methods=["POST"] if post else ["GET", "HEAD"], include_in_schema=False)

    async def guarded(self, handler: Handler, request: Request) -> Response:
        """Answer; every error becomes a page that says what to do."""
        try:
            return await handler(request)
        except Unavailable as error:
            return self._error(unavailable(error))
        except Problem as problem:
            return self._error(problem)

    def _error(self, problem: Problem) -> Response:
        response = self.respond(KINDS[problem.code].title, error_main(problem), status=problem.status)
        for name, value in problem.headers.items():
            response.headers[name] = value
        return response


def error_main(problem: Problem) -> Html:
    """Return the body of an error's page: what happened, and what to do next."""
    kind = KINDS[problem.code]
    return h(
        "main",
        h(
            "div",
            h("p", problem.status, class_="error-status"),
            h("h1", kind.title),
            h("p", problem.detail),
            h("p", kind.hint, class_="soft"),
            h(
                "p",
                h("a", "All jobs", href="/", class_="button"),
                h("a", "Health", href="/health", class_="button quiet"),
            ),
            class_="card lonely",
        ),
        id="main",
        data_error=problem.code,
    )


async def read_form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form that this site has sent. Raises Problem; of a name that comes twice the last counts.

    A browser names the origin with every POST, and the gate has compared it: without one it was no form of ours.
    """
    if request.headers.get("origin") is None:
        raise Problem("foreign_origin", "A form was sent without the header Origin")
    body = await read_body(request, most_bytes=LARGEST_FORM_BYTES)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Problem("bad_request", f"The form cannot be read: {error}") from error
    return dict(fields)


def _login(request: Request) -> str:
    here = request.url.path if request.method in {"GET", "HEAD"} else "/"
    return f"/login?next={quote(here, safe='/')}"
