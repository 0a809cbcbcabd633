"""The file host: serves the videos, with ranges, or what a faulty host may serve instead."""

from __future__ import annotations

import hashlib
import re

from starlette.requests import Request
from starlette.responses import Response

from adapters.fake_provider.books import now
from adapters.fake_provider.renders import status_at
from adapters.fake_provider.state import SERVER_ERROR, ProviderState, problem
from adapters.fake_provider.videos import video
from adapters.fake_provider.wire import HalfAnswer

HTML = b"<!doctype html><title>Sign in</title><h1>Please sign in</h1>" + b" " * 4096

MISSING, EXPIRED = (404, "Not found", "There is no such file"), (410, "Gone", "The file has expired")
FORBIDDEN = (403, "Forbidden", "The address is not valid at this time")

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def deliver(request: Request, state: ProviderState) -> Response:
    """Return the video of a succeeded render until it expires."""
    if "authorization" in request.headers:
        state.tokens_at_delivery += 1
    entry = state.books.get(request.path_params["id"])
    if entry is None or status_at(entry, now()) != "succeeded":
        return problem(*MISSING)
    if state.is_expired(entry):
        return problem(*EXPIRED)
    content = video(entry.video_seconds)
    fault = state.chooser.fault("download")
    return _faulty(request, state, content, fault) if fault else _part(request, content)


def _part(request: Request, content: bytes) -> Response:
    """Return the whole file, or the requested range (RFC 9110) where it is still the same file."""
    headers = _headers(content)
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    condition = request.headers.get("if-range", headers["etag"])
    if asked is None or condition != headers["etag"]:
        return Response(content, headers=headers)
    first, last = int(asked[1]), int(asked[2] or len(content) - 1)
    if first >= len(content) or last < first:
        return Response(status_code=416, headers={"content-range": f"bytes */{len(content)}"})
    last = min(last, len(content) - 1)
    headers["content-range"] = f"bytes {first}-{last}/{len(content)}"
    return Response(content[first : last + 1], status_code=206, headers=headers)


def _faulty(request: Request, state: ProviderState, content: bytes, fault: str) -> Response:
    cut_at = state.chooser.cut_at(len(content), "download")
    match fault:
        case "cut" | "stall":
            whole = _part(request, content)
            body = bytes(whole.body)
            half = HalfAnswer(
                body, cut_at=min(cut_at, max(len(body) // 2, 1)), headers=whole.headers, status=whole.status_code
            )
            half.stall_seconds = state.faults.hang_seconds if fault == "stall" else 0.0
            return half
        case "truncated":
            return Response(content[:cut_at], headers=_headers(content[:cut_at]))
        case "html":
            return Response(HTML, media_type="text/html")
        case "wrong_type":
            return Response(content, headers={**_headers(content), "content-type": "text/plain"})
        case "empty":
            return Response(b"", media_type="video/mp4")
        case "tiny":
            return Response(content[:512], media_type="video/mp4")
        case _:
            return problem(*{"gone": EXPIRED, "missing": MISSING, "forbidden": FORBIDDEN}.get(fault, SERVER_ERROR))


def _headers(content: bytes) -> dict[str, str]:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return {"content-type": "video/mp4", "accept-ranges": "bytes", "etag": etag}
