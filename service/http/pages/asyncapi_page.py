"""What goes over the bus, for people: the AsyncAPI document as a page that asks nobody and publishes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from service.http import asyncapi
from service.http.pages.html import Child, Html, h
from service.http.pages.site import Site

Part = Mapping[str, Any]
_WHO = {"receive": "You send", "send": "You read"}


def routes(site: Site) -> APIRouter:
    """Return the route of the page."""
    router = APIRouter()

    async def show(_request: Request) -> Response:
        return site.respond("The bus", page(asyncapi.document()), place="/asyncapi")

    site.add(router, "/asyncapi", show)
    return router


def page(document: Part) -> Html:
    """Return the document as a page."""
    return h(
        "main",
        h("div", h("h1", "What goes over NATS"), class_="title"),
        h(
            "p",
            "Every subject, its bodies and headers. For programs: ",
            h("a", "/asyncapi.json", href="/asyncapi.json"),
            f" (AsyncAPI {document['asyncapi']}).",
            class_="soft",
        ),
        [_operation(document, operation) for operation in document["operations"].values()],
        id="main",
        class_="bus",
    )


def _operation(document: Part, operation: Part) -> Html:
    channel = _at(document, operation["channel"])
    messages = [_message(document, one) for one in operation["messages"]]
    reply = operation.get("reply")
    answers = [_message(document, one) for one in reply["messages"]] if reply else []
    return h(
        "section",
        h("h2", h("code", channel["address"])),
        h("p", h("b", f"{_WHO[operation['action']]}: "), f"{operation['summary']}. {channel['description']}."),
        messages,
        h("h3", "The reply") if answers else None,
        answers,
        class_="card",
        data_subject=channel["address"],
    )


def _message(document: Part, message: Part) -> Html:
    """Return the body's members, and below them the headers."""
    whole = _at(document, message)
    headers = whole.get("headers")
    return h(
        "div",
        _members(document, whole["payload"], f"Body: {whole['title']}"),
        h("details", h("summary", "Headers"), _members(document, headers, "Headers")) if headers else None,
    )


def _members(document: Part, schema: Part, caption: str) -> Html:
    whole = _at(document, schema)
    wanted = whole.get("required", ())
    rows = [
        h("tr", h("th", h("code", name), scope="row"), h("td", _kind(document, one)), h("td", _said(one, name, wanted)))
        for name, one in whole["properties"].items()
    ]
    head = h("tr", [h("th", text, scope="col") for text in ("Member", "Type", "Meaning")])
    return h("table", h("caption", caption), h("thead", head), h("tbody", rows))


def _said(schema: Part, name: str, wanted: Sequence[str]) -> Child:
    parts = ["always there" if name in wanted else None, schema.get("description"), *_limits(schema)]
    return "; ".join(part for part in parts if part)


def _limits(schema: Part) -> list[str]:
    names = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "up to {}", "maxItems": "at most {}"}
    return [text.format(schema[name]) for name, text in names.items() if name in schema]


def _kind(document: Part, schema: Part) -> str:
    """Return the type in a few words."""
    whole = _at(document, schema)
    if "const" in whole:
        return f"always {msgspec.json.encode(whole['const']).decode()}"
    if "enum" in whole:
        return " or ".join(map(str, whole["enum"]))
    if "anyOf" in whole:
        return " or ".join(_kind(document, one) for one in whole["anyOf"])
    if "items" in whole:
        return f"list of {_kind(document, whole['items'])}"
    kind = whole.get("type", "any")
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{text} ({', '.join(whole['properties'])})" if "properties" in whole else text


def _at(document: Part, schema: Part) -> Part:
    """Follow references, as many as there are: an operation names a channel's message, and that names a component."""
    while "$ref" in schema:
        place: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        schema = place
    return schema
