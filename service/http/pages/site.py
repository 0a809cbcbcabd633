"""What the routes of all pages share: the login, the reading of forms, the page of an error."""

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

RequestHandler = Callable[[Request], Awaitable[Response]]
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
        """Whether a login is needed."""
        return self._guard is not None

    def is_signed_in(self, request: Request) -> bool:
        """Tell whether the reader has signed in, or need not."""
        try:
            if self._guard is not None:
                self._guard.check(request)
        except Problem:
            return False
        return True

    def respond(
        self, title: str, main: Html, *, nav_url: str = "", script: str = "page.js", status: int = 200
    ) -> Response:
        """Return a page for somebody who is signed in."""
        with_sign_out = self.with_token
        return respond(
            HtmlPage(title=title, main=main, nav_url=nav_url, script=script, status=status, with_sign_out=with_sign_out)
        )

    def add(
        self, router: APIRouter, path: str, handler: RequestHandler, *, post: bool = False, needs_login: bool = True
    ) -> None:
        """Add the route of a page, or with `post` of a form. Every error becomes a page."""

        async def answer(request: Request) -> Response:
            if needs_login and not self.is_signed_in(request):
                return redirect(_login(request))
            try:
                return await handler(request)
            except Unavailable as error:
                return self._error(unavailable(error))
            except Problem as problem:
                return self._error(problem)

        router.add_api_route(path, answer, methods=["POST"] if post else ["GET", "HEAD"], include_in_schema=False)

    def _error(self, problem: Problem) -> Response:
        response = self.respond(KINDS[problem.code].title, _error_main(problem), status=problem.status)
        response.headers.update(problem.headers)
        return response


def _error_main(problem: Problem) -> Html:
    kind, job_id = KINDS[problem.code], problem.facts.get("job_id")
    quiet = "button quiet" if job_id else "button"
    back = h("a", "Back to the job", href=f"/jobs/{job_id}", class_="button") if job_id else None
    all_jobs = h("a", "All jobs", href="/", class_=quiet)
    return h(
        "main",
        h(
            "div",
            h("p", problem.status, class_="error-status"),
            h("h1", kind.title),
            h("p", problem.detail),
            h("p", kind.hint, class_="soft"),
            h("p", back, all_jobs, h("a", "Health", href="/health", class_="button quiet")),
            class_="card lonely",
        ),
        id="main",
        data_error=problem.code,
    )


async def read_form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form of this site; of equal names the last one counts. Raises Problem.

    A browser sends `Origin` with every form, and the middleware has checked it; without it the form is refused.
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
    path = request.url.path if request.method in {"GET", "HEAD"} else "/"
    return f"/login?next={quote(path, safe='/')}"
