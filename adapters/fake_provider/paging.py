"""Pages of a list, and the cursors that lead from one to the next and back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """The keys on one page of a list, in order, and the addresses of the pages around it."""

    keys: Sequence[str]
    previous: str | None
    next: str | None

    def body(self, results: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return the page as the API answers it."""
        return {"previous": self.previous, "next": self.next, "results": results}


def page_of(request: Request, keys: Sequence[str], *, size: int) -> ListPage:
    """Return the page that the request's cursor asks for; an empty one where its place is gone.

    Raises ValueError for a cursor that is none.
    """
    first = _first(_cursor(request.query_params.get("cursor")), keys, size)
    if first is None:
        return ListPage(keys=(), previous=None, next=None)
    begin, end = max(first, 0), first + size
    page = keys[begin:end]
    return ListPage(
        keys=page,
        previous=_address(request, "before", page[0]) if page and begin > 0 else None,
        next=_address(request, "after", page[-1]) if page and end < len(keys) else None,
    )


def _first(cursor: tuple[str, str] | None, keys: Sequence[str], size: int) -> int | None:
    """Return where the page begins; below 0 where it is the rest before another one."""
    if cursor is None:
        return 0
    side, key = cursor
    if key not in keys:
        return None
    return keys.index(key) + 1 if side == "after" else keys.index(key) - size


def _address(request: Request, side: str, key: str) -> str:
    cursor = base64.urlsafe_b64encode(f"{side} {key}".encode()).decode()
    return str(request.url.include_query_params(cursor=cursor))


def _cursor(text: str | None) -> tuple[str, str] | None:
    if not text:
        return None
    try:
        side, _, key = base64.urlsafe_b64decode(text).decode().partition(" ")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("no cursor") from error
    if side not in ("before", "after"):
        raise ValueError("no cursor")
    return side, key
