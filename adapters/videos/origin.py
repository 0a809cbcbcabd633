"""The note beside a video: from which URL it came. It holds only for the video with its SHA-256."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from adapters.disk import flush


def write_origin(video: Path, url: str, *, sha256: str) -> None:
    """Note that the video with this hash, which is stored next, came from `url`. Blocks."""
    note = _note(video)
    fresh = note.with_name(f"{note.name}.part")
    fresh.write_text(json.dumps({"url_sha256": url_hash(url), "sha256": sha256}), encoding="utf-8")
    flush(fresh)
    fresh.replace(note)


def came_from(video: Path, url: str, *, sha256: str) -> bool:
    """Tell whether the video with this hash came from `url`. Blocks."""
    try:
        note = json.loads(_note(video).read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return bool(note == {"url_sha256": url_hash(url), "sha256": sha256})


def _note(video: Path) -> Path:
    return video.with_name(".origin")


def url_hash(url: str) -> str:
    """Return the SHA-256 of a URL, to be stored in its place: the URL may be signed."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
