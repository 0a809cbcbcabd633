"""What all pages have in common: head, navigation, the headers that keep strangers' code out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from service.http.pages.assets import POLICY, assets
from service.http.pages.html import Child, Html, h, join

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    # With `no-referrer` a form's request would carry `Origin: null`, and could not be told from a stranger's.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_STYLES: Final = ("base", "frame", "forms", "jobs", "job", "stepper", "storyboard", "timeline", "bus")
_PLACES: Final = (("/", "Jobs"), ("/new", "New video"), ("/health", "Health"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlPage:
    """One page. `place` is the address of its entry in the navigation, `script` the module that makes it live."""

    title: str
    main: Html
    place: str = ""
    script: str = "page.js"
    status: int = 200
    with_sign_out: bool = False
    with_navigation: bool = True


def respond(page: HtmlPage) -> Response:
    """Return the whole document."""
    html = join(
        Html("<!doctype html>\n"),
        h("html", _head(page), h("body", _skip(), _header(page), page.main, _announcer()), lang="en"),
    )
    return Response(
        html.encode(errors="replace"), status_code=page.status, headers=HEADERS, media_type="text/html; charset=utf-8"
    )


def fragment(html: Html) -> Response:
    """Return a piece of a page, for a script that asks for it."""
    return Response(html.encode(errors="replace"), headers=HEADERS, media_type="text/html; charset=utf-8")


def redirect(to: str) -> Response:
    """Send the reader to another page of ours, with GET."""
    return Response(status_code=303, headers={**HEADERS, "Location": to})


def facts(pairs: Mapping[str, Child]) -> Html:
    """Return names and values; what is None or empty is left out."""
    rows = (
        h("div", h("dt", name), h("dd", value)) for name, value in pairs.items() if value is not None and value != ""
    )
    return h("dl", rows, class_="facts")


def _head(page: HtmlPage) -> Html:
    url = assets().url
    return h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("meta", name="robots", content="noindex"),
        h("title", f"{page.title} · Reelwright"),
        h("link", rel="icon", href=url("icon.svg"), type="image/svg+xml"),
        [h("link", rel="stylesheet", href=url(f"{name}.css")) for name in _STYLES],
        h("script", type="module", src=url(page.script)),
    )


def _skip() -> Html:
    return h("a", "Skip to the content", href="#main", class_="skip")


def _header(page: HtmlPage) -> Html:
    links = (h("a", name, href=place, aria_current="page" if place == page.place else None) for place, name in _PLACES)
    sign_out = h("form", h("button", "Sign out", class_="quiet"), method="post", action="/logout")
    return h(
        "header",
        h("a", h("span", class_="mark", aria_hidden="true"), "Reelwright", href="/", class_="wordmark"),
        h("nav", links, aria_label="Main") if page.with_navigation else None,
        h("span", class_="line-state", id="line-state", role="status", hidden=True),
        sign_out if page.with_sign_out else None,
        class_="top",
    )


def _announcer() -> Html:
    """Return the place where scripts say, now and then, what has changed."""
    return h("p", id="announcer", class_="unseen", aria_live="polite")
