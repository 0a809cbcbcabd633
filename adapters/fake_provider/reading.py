"""Reads of renders, models and files; uploads; cancels."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesParser
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.fake_provider.books import Entry, new_render_id, now
from adapters.fake_provider.faults import Operation
from adapters.fake_provider.renders import FINAL, status_at
from adapters.fake_provider.state import MOST_FILES, ProviderState, StoredFile, faulty, problem

LARGEST_FILE_BYTES = 100 << 20
ANY_INPUT: dict[str, Any] = {
    "image_urls": {"type": "array", "items": {"type": "string", "format": "uri"}},
    "image": {"type": "string", "format": "uri"},
    "last_image": {"type": "string", "format": "uri"},
    "prompt": {"type": "string"},
    "seed": {"type": "integer"},
    "duration": {"type": "integer"},
    "fps": {"type": "integer"},
    "resolution": {"type": "string"},
}
"""The input fields of every model without a schema of its own."""


async def get_prediction(request: Request, state: ProviderState) -> Response:
    """Return one render."""
    entry = state.books.get(request.path_params["id"])
    answer = JSONResponse(state.shown(entry)) if entry else faulty(state, "not_found")
    return _answered(state, "get", answer)


async def list_predictions(request: Request, state: ProviderState) -> Response:
    """Return a page of renders, newest first, without those that are newer than the lag."""
    try:
        since = _time(request.query_params.get("created_after"), ahead=state.clock_ahead)
        before = _cursor(request.query_params.get("cursor"))
    except ValueError:
        return problem(400, "Bad request", "created_after or cursor cannot be read")
    visible = [entry for entry in state.books.newest_first() if _is_listed(entry, state, since)]
    if before is not None:
        ids = [entry.id for entry in visible]
        visible = visible[ids.index(before) + 1 :] if before in ids else []
    page = visible[: state.faults.page_size]
    following = None
    if len(visible) > len(page):
        cursor = base64.urlsafe_b64encode(page[-1].id.encode()).decode()
        following = str(request.url.include_query_params(cursor=cursor))
    results = [{**state.shown(entry), "source": "api"} for entry in page]
    body = {"previous": None, "next": following, "results": results}
    return _answered(state, "list", JSONResponse(body))


async def cancel_prediction(request: Request, state: ProviderState) -> Response:
    """End a render that has not ended."""
    entry = state.books.get(request.path_params["id"])
    if entry is None:
        return faulty(state, "not_found")
    if status_at(entry, now()) not in FINAL:
        state.books.cancel(entry.id, now())
    return _answered(state, "cancel", JSONResponse(state.shown(state.books.get(entry.id) or entry)))


async def describe_model(request: Request, state: ProviderState) -> Response:
    """Return a model with its latest version, or one version of it."""
    owner, name = request.path_params["owner"], request.path_params["name"]
    full, version = f"{owner}/{name}", request.path_params.get("version")
    properties = state.schemas.get(full, ANY_INPUT)
    latest = {
        "id": version or hashlib.sha256(full.encode()).hexdigest(),
        "openapi_schema": {"components": {"schemas": {"Input": {"type": "object", "properties": properties}}}},
    }
    body = latest if version else {"owner": owner, "name": name, "visibility": "public", "latest_version": latest}
    return _answered(state, "schema", JSONResponse(body))


async def describe_deployment(request: Request, state: ProviderState) -> Response:
    """Return a deployment: it runs the model of the same name."""
    full = f"{request.path_params['owner']}/{request.path_params['name']}"
    release = {"number": 1, "model": full, "version": hashlib.sha256(full.encode()).hexdigest()}
    return _answered(state, "schema", JSONResponse({**request.path_params, "current_release": release}))


async def create_file(request: Request, state: ProviderState) -> Response:
    """Store an uploaded file; the oldest ones are dropped."""
    raw = await request.body()
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    parts = BytesParser(policy=policy.HTTP).parsebytes(head + raw).iter_parts() if raw else ()
    part = next((part for part in parts if part.get_param("name", header="content-disposition") == "content"), None)
    if part is None or len(raw) > LARGEST_FILE_BYTES:
        return problem(422, "Invalid file", "content is required, with at most 100 MB")
    content = part.get_payload(decode=True)
    file = StoredFile(
        id=new_render_id(),
        name=part.get_filename() or "file",
        content_type=part.get_content_type(),
        content=content if isinstance(content, bytes) else b"",
        created_at=now(),
    )
    state.files[file.id] = file
    while len(state.files) > MOST_FILES:
        state.files.pop(next(iter(state.files)))
    return _answered(state, "file", JSONResponse(file.as_json(state.base_url), status_code=201))


async def get_file(request: Request, state: ProviderState) -> Response:
    """Return what is known of an uploaded file."""
    file = state.files.get(request.path_params["id"])
    answer = JSONResponse(file.as_json(state.base_url)) if file else faulty(state, "not_found")
    return _answered(state, "file", answer)


def _answered(state: ProviderState, on: Operation, answer: Response) -> Response:
    return faulty(state, state.chooser.fault(on), answer)


def _is_listed(entry: Entry, state: ProviderState, since: datetime | None) -> bool:
    lag = timedelta(seconds=state.faults.list_lag_seconds)
    return (since is None or entry.created_at >= since) and entry.created_at + lag <= now()


def _time(text: str | None, *, ahead: timedelta) -> datetime | None:
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time needs its zone")
    return time - ahead


def _cursor(text: str | None) -> str | None:
    try:
        return base64.urlsafe_b64decode(text).decode() if text else None
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("no cursor") from error
