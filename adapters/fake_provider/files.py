"""The files of the provider: uploads, and what is known of them until they are deleted."""

from __future__ import annotations

import json
from email import policy
from email.message import MIMEPart
from email.parser import BytesParser
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.fake_provider.books import new_render_id, now
from adapters.fake_provider.paging import page_of
from adapters.fake_provider.state import MOST_FILES, ProviderState, StoredFile, answered, faulty, problem

LARGEST_FILE_BYTES = 100 << 20


async def create_file(request: Request, state: ProviderState) -> Response:
    """Store an uploaded file; the oldest ones are dropped."""
    raw = await request.body()
    parts = _parts(raw, request.headers.get("content-type", ""))
    if "content" not in parts or len(raw) > LARGEST_FILE_BYTES:
        return problem(422, "Invalid file", "content is required, with at most 100 MB")
    try:
        file = _file(parts)
    except ValueError:
        return problem(422, "Invalid file", "metadata must be JSON")
    state.files[file.id] = file
    while len(state.files) > MOST_FILES:
        state.files.pop(next(iter(state.files)))
    return answered(state, "file", JSONResponse(_shown(file, state), status_code=201))


async def list_files(request: Request, state: ProviderState) -> Response:
    """Return a page of files, newest first."""
    try:
        page = page_of(request, list(reversed(state.files)), size=state.faults.page_size)
    except ValueError:
        return problem(400, "Bad request", "cursor cannot be read")
    body = page.body([_shown(state.files[key], state) for key in page.keys])
    return answered(state, "file", JSONResponse(body))


async def get_file(request: Request, state: ProviderState) -> Response:
    """Return what is known of an uploaded file."""
    file = state.files.get(request.path_params["id"])
    return answered(state, "file", JSONResponse(_shown(file, state)) if file else faulty(state, "not_found"))


async def delete_file(request: Request, state: ProviderState) -> Response:
    """Delete a file."""
    file = state.files.pop(request.path_params["id"], None)
    return answered(state, "file", Response(status_code=204) if file else faulty(state, "not_found"))


async def download_file(request: Request, state: ProviderState) -> Response:
    """Return the content of a file until the address expires. Any signature is accepted: nobody has a secret here."""
    file, expiry = state.files.get(request.path_params["id"]), request.query_params.get("expiry", "")
    if file is None or not {"owner", "signature"} <= set(request.query_params):
        return faulty(state, "not_found")
    if not expiry.isdecimal() or int(expiry) < (now() + state.clock_ahead).timestamp():
        return problem(403, "Forbidden", "The address has expired")
    return answered(state, "file", Response(file.content, media_type=file.content_type))


def _parts(raw: bytes, content_type: str) -> dict[str, MIMEPart]:
    """Return the parts of a form by name."""
    form = BytesParser(policy=policy.HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw)
    parts = form.iter_parts() if raw else ()
    return {str(part.get_param("name", header="content-disposition")): part for part in parts}


def _file(parts: dict[str, MIMEPart]) -> StoredFile:
    """Read an upload: fields of the form win over what its content says of itself. Raises ValueError."""
    content = parts["content"]
    metadata = json.loads(_text(parts, "metadata") or "{}")
    return StoredFile(
        id=new_render_id(),
        name=_text(parts, "filename") or content.get_filename() or "file",
        content_type=_text(parts, "type") or content.get_content_type(),
        content=_bytes(content),
        metadata=metadata,
        created_at=now(),
    )


def _text(parts: dict[str, MIMEPart], name: str) -> str:
    return _bytes(parts[name]).decode() if name in parts else ""


def _bytes(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _shown(file: StoredFile, state: ProviderState) -> dict[str, Any]:
    return file.as_json(state.base_url, ahead=state.clock_ahead)
