"""A history as JSON Lines: a header, each event as it is stored, a footer with the last hash. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from domain.errors import Refused

FORMAT, FORMAT_VERSION = "reelwright-history", 1
LONGEST_LINE_BYTES = 16 * 1024 * 1024
"""An event comes from a message of at most 512 KiB: no export writes a longer line."""
LONGEST_SHOWN = 80

T = TypeVar("T")


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The first line. `jobs` is there where the file holds these jobs only."""

    format: str
    version: int
    created_at: str
    events: int
    last_position: int
    jobs: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One event. `data` and `metadata` are the stored JSON as text, unchanged: they are hashed.

    `previous_hash` is there where the event before may not be in the file, so that each line can be checked alone.
    """

    position: int
    job_id: str
    version: int
    event_id: str
    type: str
    schema_version: int
    data: str
    metadata: str
    recorded_at: str
    hash: str
    previous_hash: str = ""

    @property
    def fields(self) -> tuple[object, ...]:
        """The columns that are hashed, in their order."""
        return msgspec.structs.astuple(self)[:-2]


class Footer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last line; a file without it was cut off. `hash` is that of the last event of the whole history."""

    end: bool
    events: int
    last_position: int
    hash: str


def encode(parts: Sequence[Header | Line | Footer]) -> bytes:
    """Return the lines, each with a line feed."""
    return b"".join(msgspec.json.encode(part) + b"\n" for part in parts)


def line_of(row: Any, *, previous_hash: bytes | None = None) -> Line:  # noqa: ANN401 - a row of `events`
    """Return a row of the event table as its line."""
    *columns, digest = tuple(row)[: len(Line.__struct_fields__) - 1]
    before = "" if previous_hash is None else bytes(previous_hash).hex()
    return Line(
        **dict(zip(Line.__struct_fields__, columns, strict=False)), hash=bytes(digest).hex(), previous_hash=before
    )


def decode(line: bytes, kind: type[T], *, number: int) -> T:
    """Read one line. Raises Refused, with the line's number, where it is another."""
    if not line.endswith(b"\n"):
        raise Refused(f"line {number}: the file was cut off here, or the line is too long")
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        shown = line[:LONGEST_SHOWN].decode(errors="replace")
        raise Refused(f"line {number} is not what an export writes: {error}; it begins with {shown!r}") from error
