"""Watching one render without a token: its page, and the stream of its output."""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from adapters import clock
from adapters.fake_provider.books import Entry, now
from adapters.fake_provider.renders import FINAL, status_at
from adapters.fake_provider.state import ProviderState, faulty

LONGEST_WATCH_SECONDS = 3600.0
POLL_SECONDS = 0.02


async def until_ended(entry: Entry, state: ProviderState, *, limit_seconds: float) -> bool:
    """Wait for the end of a render, also by a cancel; return whether it came within the limit."""
    until = clock.monotonic() + limit_seconds
    while status_at(state.books.get(entry.id) or entry, now()) not in FINAL:
        left = until - clock.monotonic()
        if left <= 0:
            return False
        await asyncio.sleep(min(POLL_SECONDS, left))
    return True


async def show_page(request: Request, state: ProviderState) -> Response:
    """Return a page for people."""
    entry = state.find(request.path_params["id"])
    if entry is None:
        return faulty(state, "not_found")
    shown = state.shown(entry)
    title = html.escape(f"{shown['model']}: {shown['status']}")
    text = html.escape(json.dumps(shown, indent=2, ensure_ascii=False))
    return HTMLResponse(f"<!doctype html><title>{title}</title><h1>{title}</h1><pre>{text}</pre>")


async def stream_output(request: Request, state: ProviderState) -> Response:
    """Return the output as server-sent events, once it is there."""
    entry = state.find(request.path_params["id"])
    if entry is None:
        return faulty(state, "not_found")
    return StreamingResponse(_events(entry, state), media_type="text/event-stream")


async def _events(entry: Entry, state: ProviderState) -> AsyncIterator[str]:
    await until_ended(entry, state, limit_seconds=LONGEST_WATCH_SECONDS)
    shown = state.shown(state.books.get(entry.id) or entry)
    match shown["status"]:
        case "succeeded":
            output = shown["output"]
            yield _event("output", output if isinstance(output, str) else json.dumps(output))
            yield _event("done", "{}")
        case "failed":
            yield _event("error", json.dumps({"detail": shown["error"]}))
        case _:
            yield _event("done", json.dumps({"reason": "canceled"}))


def _event(name: str, data: str) -> str:
    return f"event: {name}\nid: {name}:0\ndata: {data}\n\n"
