"""Login and logout: the token is exchanged for a session cookie."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.http.auth import COOKIE, is_token, session_cookie
from service.http.pages.html import h
from service.http.pages.page import HtmlPage, redirect, respond
from service.http.pages.site import Site, read_form

SESSION: Final = timedelta(days=30)
_OWN_PATH: Final = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9_/-]*)?")
"""Where a login may lead: to a path of this site, never to `//other.example`."""


def routes(site: Site) -> APIRouter:
    """Return the routes of login and logout."""
    router = APIRouter()

    async def show(request: Request) -> Response:
        to = _target(request.query_params.get("next", "/"))
        return redirect(to) if site.is_signed_in(request) else _form(to)

    async def sign_in(request: Request) -> Response:
        fields = await read_form(request)
        to = _target(fields.get("next", "/"))
        if not site.with_token:
            return redirect(to)
        if not is_token(fields.get("token", ""), site.token):
            return _form(to, is_wrong=True)
        response = redirect(to)
        value = session_cookie(token=site.token, expires_at=site.dependencies.clock.now() + SESSION)
        secure, max_age = _is_secure(request), int(SESSION.total_seconds())
        response.set_cookie(COOKIE, value, max_age=max_age, httponly=True, samesite="strict", secure=secure)
        return response

    async def sign_out(request: Request) -> Response:
        await read_form(request)
        response = redirect("/login")
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=_is_secure(request))
        return response

    site.add(router, "/login", show, needs_login=False)
    site.add(router, "/login", sign_in, post=True, needs_login=False)
    site.add(router, "/logout", sign_out, post=True, needs_login=False)
    return router


def _form(to: str, *, is_wrong: bool = False) -> Response:
    field = h(
        "input",
        id="token",
        name="token",
        type="password",
        autocomplete="current-password",
        required=True,
        autofocus=True,
        aria_invalid="true" if is_wrong else None,
        aria_describedby="token-hint",
    )
    hint = (
        "That is not the token of this service. Ask whoever started it."
        if is_wrong
        else "The value of REELWRIGHT_API_TOKEN with which the service was started."
    )
    form = h(
        "form",
        h("label", "Token", for_="token"),
        field,
        h("p", hint, id="token-hint", class_="wrong" if is_wrong else "soft", role="alert" if is_wrong else None),
        h("input", type="hidden", name="next", value=to),
        h("button", "Sign in"),
        method="post",
        action="/login",
        class_="stack",
    )
    main = h("main", h("div", h("h1", "Sign in"), form, class_="card lonely"), id="main")
    return respond(HtmlPage(title="Sign in", main=main, status=403 if is_wrong else 200, with_navigation=False))


def _target(path: str) -> str:
    return path if _OWN_PATH.fullmatch(path) else "/"


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
