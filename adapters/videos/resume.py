"""The note beside a part file: which version of which URL its bytes are from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import httpx

from adapters.videos.origin import url_hash

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
_UNSATISFIED = re.compile(r"bytes \*/(\d{1,18})", re.ASCII)
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,500}"', re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDownload:
    """The beginning of a file: `offset` bytes of the version `etag`, of `total` where that is known."""

    offset: int
    etag: str
    total: int | None

    @property
    def complete(self) -> bool:
        """Whether the whole file is there."""
        return self.offset == self.total

    def continued_by(self, headers: httpx.Headers) -> bool:
        """Tell whether a 206 with these headers has all the rest, of the same version (RFC 9110, 14.4)."""
        found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
        if found is None or headers.get("etag", self.etag) != self.etag:
            return False
        first, last = int(found.group(1)), int(found.group(2))
        total = self.total if found.group(3) == "*" else int(found.group(3))
        if first != self.offset or (self.total is not None and total != self.total):
            return False
        return total is None or last == total - 1

    def ended_by(self, headers: httpx.Headers) -> bool:
        """Tell whether a 416 with these headers says that our part is the whole file."""
        found = _UNSATISFIED.fullmatch(headers.get("content-range", ""))
        return found is not None and int(found.group(1)) == self.offset


def note_of(part: Path) -> Path:
    """Return the path of the note of a part."""
    return part.with_name(f"{part.name}.etag")


def read_partial(part: Path, url: str) -> PartialDownload | None:
    """Return what the part holds of `url`; None where it cannot be resumed. Blocks."""
    try:
        note = json.loads(note_of(part).read_bytes())
        offset = part.stat().st_size
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    match note:
        case {"url_sha256": str(url_sha256), "etag": str(etag), "total": int() | None as total}:
            usable = url_sha256 == url_hash(url) and _STRONG_ETAG.fullmatch(etag)
            if not usable or offset == 0 or (total is not None and offset > total):
                return None
            return PartialDownload(offset=offset, etag=etag, total=total)
        case _:
            return None


def begin(part: Path, url: str, headers: httpx.Headers, *, total: int | None) -> None:
    """Empty the part, and note its new version where that has a strong entity tag. Blocks.

    The old note is removed first, so that old bytes never have a new tag.
    """
    note = note_of(part)
    note.unlink(missing_ok=True)
    part.write_bytes(b"")
    etag = headers.get("etag", "")
    if _STRONG_ETAG.fullmatch(etag):
        note.write_text(json.dumps({"url_sha256": url_hash(url), "etag": etag, "total": total}), encoding="utf-8")


def forget(part: Path) -> None:
    """Remove the part and its note. Blocks."""
    note_of(part).unlink(missing_ok=True)
    part.unlink(missing_ok=True)
