"""Ranges of a file and conditions on it, after RFC 9110 (sections 13 and 14). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_BYTES: Final = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.ASCII | re.IGNORECASE)
_ETAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_MOST_DIGITS: Final = 18


class NotSatisfiable(ValueError):
    """The range lies behind the end of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteRange:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""
        return self.last - self.first + 1


def read_range(header: str | None, *, size_bytes: int) -> ByteRange | None:
    """Return the range that a request asks for; None means the whole file. Raises NotSatisfiable.

    Another unit, a malformed header or several ranges mean the whole file, as section 14.2 allows.
    """
    found = _BYTES.fullmatch(header or "")
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        wanted = min(_number(found[2]), size_bytes)
        if wanted == 0:
            raise NotSatisfiable
        return ByteRange(first=size_bytes - wanted, last=size_bytes - 1)
    first = _number(found[1])
    last = _number(found[2]) if found[2] else size_bytes - 1
    if found[2] and last < first:
        return None
    if first >= size_bytes:
        raise NotSatisfiable
    return ByteRange(first=first, last=min(last, size_bytes - 1))


def matches(header: str, etag: str, *, weakly: bool) -> bool:
    """Tell whether a list of entity tags, or `*`, contains `etag`. A weak tag only matches weakly."""
    if header.strip() == "*":
        return True
    return any(tag == etag and (weakly or not weak) for weak, tag in _ETAG.findall(header))


def range_holds(if_range: str | None, etag: str) -> bool:
    """Tell whether a range may be sent: only of the file that the client began to read. Dates are not supported."""
    return if_range is None or if_range.strip() == etag


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS
