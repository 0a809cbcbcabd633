"""Descriptions besides /openapi.json: the bus, and the page to which the `type` of a problem leads."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from service.http import asyncapi
from service.http.answers import json_response
from service.http.problems import KINDS, LISTED_AT

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Reelwright: problems</title></head>
<body><h1>Problems</h1>
<p>Every error is an <code>application/problem+json</code> document (RFC 9457) with one of these codes.</p>
<dl>{entries}</dl></body></html>
"""
_ENTRY = '<dt id="{code}"><code>{code}</code> ({status})</dt><dd>{title}. {hint}</dd>\n'


def routes() -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    router.add_api_route("/asyncapi.json", _asyncapi, methods=["GET", "HEAD"], include_in_schema=False)
    router.add_api_route(LISTED_AT, _problems, methods=["GET", "HEAD"], include_in_schema=False)
    return router


async def _asyncapi() -> Response:
    return json_response(asyncapi.document())


async def _problems() -> Response:
    entries = (
        _ENTRY.format(code=code, status=kind.status, title=escape(kind.title), hint=escape(kind.hint))
        for code, kind in KINDS.items()
    )
    return HTMLResponse(_PAGE.format(entries="".join(entries)))
