"""The login: who knows the token gets a cookie, and the page needs nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request
from starlette.requests import HTTPConnection
from starlette.responses import Response

from service.http.auth import COOKIE, TokenGuard, session_cookie
from service.http.pages.html import Html, h
from service.http.pages.page import HtmlPage, redirect, respond
from service.http.pages.site import Site, read_form
from service.http.problems import Problem

SESSION: Final = timedelta(days=30)
_OURS: Final = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9_/-]*)?")
"""Pages that a login may lead to: a path of this site, never `//other.example`."""


def routes(site: Site) -> APIRouter:
    """Return the routes of login and logout."""
    router, login = APIRouter(), Login(site)
    router.add_api_route("/login", login.show, methods=["GET", "HEAD"], include_in_schema=False)
    router.add_api_route("/login", login.enter, methods=["POST"], include_in_schema=False)
    router.add_api_route("/logout", login.leave, methods=["POST"], include_in_schema=False)
    return router


class Login:
    """Lets people in and out."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, request: Request) -> Response:
        """Show the form; who is in already is sent on."""
        to = _target(request.query_params.get("next", "/"))
        return redirect(to) if self._site.lets_in(request) else _form(to)

    async def enter(self, request: Request) -> Response:
        """Set the cookie, or say that the token is another one."""
        return await self._site.guarded(self._enter, request)

    async def leave(self, request: Request) -> Response:
        """Take the cookie away."""
        return await self._site.guarded(self._leave, request)

    async def _leave(self, request: Request) -> Response:
        await read_form(request)
        response = redirect("/login")
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=_secure(request))
        return response

    async def _enter(self, request: Request) -> Response:
        fields = await read_form(request)
        to = _target(fields.get("next", "/"))
        if self._site.with_token and not self._knows(fields.get("token", "")):
            return _form(to, wrong=True)
        response = redirect(to)
        if self._site.with_token:
            self._admit(response, request)
        return response

    def _admit(self, response: Response, request: Request) -> None:
        value = session_cookie(token=self._site.token, expires_at=self._site.dependencies.clock.now() + SESSION)
        response.set_cookie(
            COOKIE,
            value,
            max_age=int(SESSION.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=_secure(request),
        )

    def _knows(self, given: str) -> bool:
        """Compare as the interface does: a form's token is a bearer's."""
        header = (b"authorization", b"Bearer " + given.strip().encode("latin-1", "replace"))
        asking = HTTPConnection(
            {"type": "http", "method": "POST", "path": "/login", "headers": [header], "query_string": b""}
        )
        try:
            TokenGuard(self._site.token, now=self._site.dependencies.clock.now).check(asking)
        except Problem:
            return False
        return True


def _form(to: str, *, wrong: bool = False) -> Response:
    field = h(
        "input",
        id="token",
        name="token",
        type="password",
        autocomplete="current-password",
        required=True,
        autofocus=True,
        aria_invalid="true" if wrong else None,
        aria_describedby="token-hint",
    )
    hint = (
        "That is not the token of this service. Ask whoever started it."
        if wrong
        else "The value of REELWRIGHT_API_TOKEN, as the service was started with."
    )
    return respond(
        HtmlPage(
            title="Sign in",
            main=_card(field, hint, to, wrong=wrong),
            status=403 if wrong else 200,
            with_navigation=False,
        )
    )


def _card(field: Html, hint: str, to: str, *, wrong: bool) -> Html:
    form = h(
        "form",
        h("label", "Token", for_="token"),
        field,
        h("p", hint, id="token-hint", class_="wrong" if wrong else "soft", role="alert" if wrong else None),
        h("input", type="hidden", name="next", value=to),
        h("button", "Sign in"),
        method="post",
        action="/login",
        class_="stack",
    )
    return h("main", h("div", h("h1", "Sign in"), form, class_="card lonely"), id="main")


def _target(wanted: str) -> str:
    return wanted if _OURS.fullmatch(wanted) else "/"


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"
