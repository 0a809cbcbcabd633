"""What is known of a part file: a note beside it that says which version of which address its bytes are from."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import httpx

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
_UNSATISFIED = re.compile(r"bytes \*/(\d{1,18})", re.ASCII)
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,500}"', re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The beginning of a file: `offset` bytes of the version `etag`, `total` bytes in all where that is known."""

    offset: int
    etag: str
    total: int | None

    @property
    def complete(self) -> bool:
        """All of it is there."""
        return self.offset == self.total

    def continued_by(self, headers: httpx.Headers) -> bool:
        """Tell whether a 206 with these headers brings all the rest, of the same version (RFC 9110, 14.4)."""
        found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
        if found is None or headers.get("etag", self.etag) != self.etag:
            return False
        first, last = int(found.group(1)), int(found.group(2))
        total = self.total if found.group(3) == "*" else int(found.group(3))
        if first != self.offset or (self.total is not None and total != self.total):
            return False
        return total is None or last == total - 1

    def ended_by(self, headers: httpx.Headers) -> bool:
        """Tell whether a 416 with these headers says that there is nothing after what we have."""
        found = _UNSATISFIED.fullmatch(headers.get("content-range", ""))
        return found is not None and int(found.group(1)) == self.offset


def note_of(part: Path) -> Path:
    """Return the note's place. It is worth nothing without its part and goes with it."""
    return part.with_name(f"{part.name}.etag")


def read_kept(part: Path, url: str) -> Kept | None:
    """Return what of `url` is in the part; None where there is nothing to go on with. Blocks."""
    try:
        note = json.loads(note_of(part).read_bytes())
        offset = part.stat().st_size
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    match note:
        case {"url_sha256": str(url_sha256), "etag": str(etag), "total": int() | None as total}:
            usable = url_sha256 == _sha256(url) and _STRONG_ETAG.fullmatch(etag)
            if not usable or offset == 0 or (total is not None and offset > total):
                return None
            return Kept(offset=offset, etag=etag, total=total)
        case _:
            return None


def begin(part: Path, url: str, headers: httpx.Headers, *, total: int | None) -> None:
    """Empty the part and note which version comes into it, where a strong entity tag names it. Blocks.

    The old note goes first: no moment may show old bytes under a new tag.
    """
    note = note_of(part)
    note.unlink(missing_ok=True)
    part.write_bytes(b"")
    etag = headers.get("etag", "")
    if _STRONG_ETAG.fullmatch(etag):
        note.write_text(json.dumps({"url_sha256": _sha256(url), "etag": etag, "total": total}), encoding="utf-8")


def forget(part: Path) -> None:
    """Remove the part and its note. Blocks."""
    note_of(part).unlink(missing_ok=True)
    part.unlink(missing_ok=True)


def _sha256(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
