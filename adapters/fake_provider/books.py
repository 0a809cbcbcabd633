"""The books: every render that was created, in order; with a file they survive a restart."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from adapters import clock


class Entry(BaseModel):
    """One create. `answer` is what the caller got: `ok` or the fault."""

    model_config = ConfigDict(frozen=True)

    id: str
    created_at: datetime
    model: str | None
    version: str
    deployment: str | None = None
    input: dict[str, Any]
    cancel_after_seconds: float | None = None
    starting_seconds: float
    render_seconds: float
    outcome: str
    answer: str
    video_seconds: float
    price_per_second: float
    cancelled_at: datetime | None = None

    @property
    def seed(self) -> int | None:
        """Return the seed of the input, None where it has none."""
        seed = self.input.get("seed")
        return seed if isinstance(seed, int) else None

    def shifted(self, by: timedelta) -> Entry:
        """Return the entry with its times moved by that much."""
        cancelled_at = None if self.cancelled_at is None else self.cancelled_at + by
        return self.model_copy(update={"created_at": self.created_at + by, "cancelled_at": cancelled_at})


class Books:
    """All entries by id, oldest first. With a file each entry is on the disk before the create is answered."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._entries: dict[str, Entry] = {}
        self._removed: set[str] = set()
        for line in _lines(path):
            self._apply(line)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, render_id: str) -> Entry | None:
        """Return the entry with this id."""
        return self._entries.get(render_id)

    def newest_first(self) -> list[Entry]:
        """Return all entries, the latest create first."""
        return list(reversed(self._entries.values()))

    def add(self, entry: Entry) -> None:
        """Store a create."""
        self._write({"created": entry.model_dump(mode="json")})

    def cancel(self, render_id: str, at: datetime) -> None:
        """Store that a render was cancelled by its caller; only the first time counts."""
        entry = self._entries[render_id]
        if entry.cancelled_at is None:
            self._write({"cancelled": render_id, "at": at.isoformat()})

    def remove_data(self, render_id: str) -> None:
        """Store that input, output and logs of a render are removed."""
        self._write({"data_removed": render_id})

    def is_removed(self, render_id: str) -> bool:
        """Tell whether `remove_data` was called for a render."""
        return render_id in self._removed

    def _write(self, line: Mapping[str, object]) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
                file.flush()
                os.fsync(file.fileno())
        self._apply(line)

    def _apply(self, line: Mapping[str, Any]) -> None:
        if "created" in line:
            entry = Entry.model_validate(line["created"])
            self._entries[entry.id] = entry
        elif "cancelled" in line:
            at = datetime.fromisoformat(line["at"])
            entry = self._entries[line["cancelled"]]
            self._entries[entry.id] = entry.model_copy(update={"cancelled_at": at})
        elif "data_removed" in line:
            self._removed.add(line["data_removed"])


def new_render_id() -> str:
    """Return an id as the provider makes it: 26 letters and digits."""
    return "".join(secrets.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(26))


def now() -> datetime:
    """Return the time now, in UTC."""
    return clock.now().astimezone(UTC)


def _lines(path: Path | None) -> Iterator[dict[str, Any]]:
    if path is None or not path.exists():
        return
    whole = path.read_bytes()
    # The create of an incomplete last line was never answered: it is removed.
    kept = whole[: whole.rfind(b"\n") + 1]
    if len(kept) < len(whole):
        os.truncate(path, len(kept))
    for line in kept.splitlines():
        yield json.loads(line)
