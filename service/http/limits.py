"""How much of a request is read at all: address, types and sizes of bodies."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import HTTPConnection, Request

from domain.images import IMAGE_TYPES
from service.http.problems import Problem

LONGEST_PATH: Final = 2048
LONGEST_QUERY: Final = 4096
LARGEST_COMMAND_BYTES: Final = 16 * 1024
BODY_SECONDS: Final = 60.0
IMAGES: Final = "/api/images"
JSON_TYPES: Final = frozenset({"application/json"})
FORM_TYPES: Final = frozenset({"application/x-www-form-urlencoded"})
"""What the page's own forms send, which want to be told from those of other sites by their `Origin`."""


def check_address(connection: HTTPConnection) -> None:
    """Raise Problem when the path or the query is longer than any that has a meaning here."""
    path, query = len(connection.scope["path"]), len(connection.scope["query_string"])
    if path > LONGEST_PATH or query > LONGEST_QUERY:
        raise Problem(
            "address_too_long",
            f"The path has {path} letters of at most {LONGEST_PATH}, the query {query} of at most {LONGEST_QUERY}",
        )


def check_type(connection: HTTPConnection) -> None:
    """Raise Problem when a POST carries a type that its route does not take.

    Forms of other sites can only send types that are refused below `/api/`; a POST without any body needs none.
    """
    headers = connection.headers
    given = headers.get("content-type")
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    if given is None and empty:
        return
    taken = _taken(connection.scope["path"])
    essence = (given or "").partition(";")[0].strip().lower()
    if essence not in taken:
        raise Problem(
            "unsupported_media_type", f"The body is {essence or 'of no named type'}; taken: {', '.join(sorted(taken))}"
        )


def _taken(path: str) -> frozenset[str]:
    if path.startswith("/api/"):
        return frozenset(IMAGE_TYPES) if path == IMAGES else JSON_TYPES
    return FORM_TYPES


async def read_body(request: Request, *, most_bytes: int) -> bytes:
    """Return the body. Raises Problem when it is larger than `most_bytes` or too slow; no more than that is kept."""
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
