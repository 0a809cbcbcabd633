"""Limits on requests: length of the address, types, sizes and time of bodies."""

from __future__ import annotations

import asyncio
from typing import Final, TypeVar

import msgspec
from starlette.requests import HTTPConnection, Request

from domain.images import IMAGE_TYPES
from service.http.problems import Problem

_Options = TypeVar("_Options", bound=msgspec.Struct)

LONGEST_PATH: Final = 2048
LONGEST_QUERY: Final = 4096
LARGEST_COMMAND_BYTES: Final = 16 * 1024
BODY_SECONDS: Final = 60.0
IMAGES: Final = "/api/images"
JSON_TYPES: Final = frozenset({"application/json"})
FORM_TYPES: Final = frozenset({"application/x-www-form-urlencoded"})
"""What the forms of the pages send. Their `Origin` tells them from forms of other sites."""


def check_address(connection: HTTPConnection) -> None:
    """Raise Problem when the path or the query is too long."""
    path, query = len(connection.scope["path"]), len(connection.scope["query_string"])
    if path > LONGEST_PATH or query > LONGEST_QUERY:
        raise Problem(
            "address_too_long",
            f"The path has {path} letters of at most {LONGEST_PATH}, the query {query} of at most {LONGEST_QUERY}",
        )


def check_type(connection: HTTPConnection) -> None:
    """Raise Problem when the body of a POST has a type that its route does not take; no body needs no type.

    A form of another site can only send types that are refused below `/api/`.
    """
    headers = connection.headers
    given = headers.get("content-type")
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    if given is None and empty:
        return
    allowed = _allowed_types(connection.scope["path"])
    essence = (given or "").partition(";")[0].strip().lower()
    if essence not in allowed:
        detail = f"The body is {essence or 'of no named type'}; taken: {', '.join(sorted(allowed))}"
        raise Problem("unsupported_media_type", detail)


def _allowed_types(path: str) -> frozenset[str]:
    if path.startswith("/api/"):
        return frozenset(IMAGE_TYPES) if path == IMAGES else JSON_TYPES
    return FORM_TYPES


async def read_options(request: Request, shape: type[_Options], *, problem_code: str) -> _Options:
    """Return a JSON body that may be left out, as all fields of `shape` may. Raises Problem."""
    body = await read_body(request, most_bytes=LARGEST_COMMAND_BYTES)
    try:
        return msgspec.json.decode(body if body.strip() else b"{}", type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(problem_code, str(error)) from error


async def read_body(request: Request, *, most_bytes: int) -> bytes:
    """Return the body, of which at most `most_bytes` are kept. Raises Problem when it is larger, or too slow."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > most_bytes:
        raise _too_large(most_bytes)
    chunks, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > most_bytes:
                    raise _too_large(most_bytes)
                chunks.append(chunk)
    except TimeoutError as error:
        raise Problem("body_timeout", f"The body was not complete after {BODY_SECONDS:g} s") from error
    return b"".join(chunks)


def _too_large(most_bytes: int) -> Problem:
    return Problem("body_too_large", f"The body has more than {most_bytes} bytes")
