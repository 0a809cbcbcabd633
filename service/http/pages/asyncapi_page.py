"""The AsyncAPI document as a page for people. It only shows: it sends no request and publishes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from service.http import asyncapi
from service.http.pages.html import Html, h
from service.http.pages.site import Site

Node = Mapping[str, Any]
_DIRECTIONS = {"receive": "You send", "send": "You read"}
_LIMITS = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "up to {}", "maxItems": "at most {}"}


def routes(site: Site) -> APIRouter:
    """Return the route of the page."""
    router = APIRouter()

    async def show(_request: Request) -> Response:
        return site.respond("The bus", page(asyncapi.document()), nav_url="/asyncapi")

    site.add(router, "/asyncapi", show)
    return router


def page(document: Node) -> Html:
    """Return the body of the page."""
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


def _operation(document: Node, operation: Node) -> Html:
    channel = _resolve(document, operation["channel"])
    messages = [_message(document, message) for message in operation["messages"]]
    replies = [_message(document, message) for message in operation.get("reply", {}).get("messages", ())]
    return h(
        "section",
        h("h2", h("code", channel["address"])),
        h("p", h("b", f"{_DIRECTIONS[operation['action']]}: "), f"{operation['summary']}. {channel['description']}."),
        messages,
        h("h3", "The reply") if replies else None,
        replies,
        class_="card",
        data_subject=channel["address"],
    )


def _message(document: Node, message: Node) -> Html:
    whole = _resolve(document, message)
    headers = whole.get("headers")
    return h(
        "div",
        _members(document, whole["payload"], f"Body: {whole['title']}"),
        h("details", h("summary", "Headers"), _members(document, headers, "Headers")) if headers else None,
    )


def _members(document: Node, schema: Node, caption: str) -> Html:
    whole = _resolve(document, schema)
    required = whole.get("required", ())
    rows = [
        h(
            "tr",
            h("th", h("code", name), scope="row"),
            h("td", _type(document, member)),
            h("td", _meaning(member, is_required=name in required)),
        )
        for name, member in whole["properties"].items()
    ]
    head = h("tr", [h("th", text, scope="col") for text in ("Member", "Type", "Meaning")])
    return h("table", h("caption", caption), h("thead", head), h("tbody", rows))


def _meaning(schema: Node, *, is_required: bool) -> str:
    limits = [text.format(schema[name]) for name, text in _LIMITS.items() if name in schema]
    return "; ".join(filter(None, ("always there" if is_required else None, schema.get("description"), *limits)))


def _type(document: Node, schema: Node) -> str:
    whole = _resolve(document, schema)
    if "const" in whole:
        return f"always {msgspec.json.encode(whole['const']).decode()}"
    if "enum" in whole:
        return " or ".join(map(str, whole["enum"]))
    if "anyOf" in whole:
        return " or ".join(_type(document, option) for option in whole["anyOf"])
    if "items" in whole:
        return f"list of {_type(document, whole['items'])}"
    kind = whole.get("type", "any")
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{text} ({', '.join(whole['properties'])})" if "properties" in whole else text


def _resolve(document: Node, node: Node) -> Node:
    """Follow references until there is none: an operation refers to a channel, the channel to a component."""
    while "$ref" in node:
        node = reduce(lambda parent, step: parent[step], node["$ref"].removeprefix("#/").split("/"), document)
    return node
