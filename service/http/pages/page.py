"""What all pages share: head, navigation, and the headers that forbid code of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from service.http.pages.assets import POLICY, assets
from service.http.pages.html import Child, Html, h, join

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    # With `no-referrer` a form would send `Origin: null`, like a form of another site.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_STYLES: Final = ("base", "frame", "forms", "jobs", "job", "stepper", "storyboard", "timeline", "bus")
_NAVIGATION: Final = (("/", "Jobs"), ("/new", "New video"), ("/health", "Health"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlPage:
    """One page. `nav_url` is its entry in the navigation, `script` the module that updates it."""

    title: str
    main: Html
    nav_url: str = ""
    script: str = "page.js"
    status: int = 200
    with_sign_out: bool = False
    with_navigation: bool = True


def respond(page: HtmlPage) -> Response:
    """Return the whole document."""
    skip = h("a", "Skip to the content", href="#main", class_="skip")
    announcer = h("p", id="announcer", class_="unseen", aria_live="polite")
    html = h("html", _head(page), h("body", skip, _header(page), page.main, announcer), lang="en")
    return fragment(join(Html("<!doctype html>\n"), html), status=page.status)


def fragment(html: Html, *, status: int = 200) -> Response:
    """Return HTML as it is, such as a part of a page for a script."""
    content, media_type = html.encode(errors="replace"), "text/html; charset=utf-8"
    return Response(content, status_code=status, headers=HEADERS, media_type=media_type)


def redirect(to: str) -> Response:
    """Redirect to another page of this site, with GET."""
    return Response(status_code=303, headers={**HEADERS, "Location": to})


def facts(pairs: Mapping[str, Child]) -> Html:
    """Return names and values, without values that are None or empty."""
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


def _header(page: HtmlPage) -> Html:
    links = (h("a", name, href=url, aria_current="page" if url == page.nav_url else None) for url, name in _NAVIGATION)
    sign_out = h("form", h("button", "Sign out", class_="quiet"), method="post", action="/logout")
    return h(
        "header",
        h("a", h("span", class_="mark", aria_hidden="true"), "Reelwright", href="/", class_="wordmark"),
        h("nav", links, aria_label="Main") if page.with_navigation else None,
        h("span", class_="line-state", id="line-state", role="status", hidden=True),
        sign_out if page.with_sign_out else None,
        class_="top",
    )
