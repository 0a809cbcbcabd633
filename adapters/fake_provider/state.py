"""What one running provider knows: its temper, its books and the files that were uploaded to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from adapters.fake_provider.books import Books, Entry, now
from adapters.fake_provider.faults import Dice, Faults
from adapters.fake_provider.renders import as_json, cost_at, status_at
from adapters.fake_provider.wire import HalfAnswer, LostAnswer, NoAnswer

FILES_LIVE_FOR = timedelta(hours=24)
MOST_FILES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An uploaded file."""

    id: str
    name: str
    content_type: str
    content: bytes
    created_at: datetime

    def as_json(self, base_url: str) -> dict[str, Any]:
        """Return the file as the API answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "content_type": self.content_type,
            "size": len(self.content),
            "etag": hashlib.md5(self.content, usedforsecurity=False).hexdigest(),
            "checksums": {"sha256": hashlib.sha256(self.content).hexdigest()},
            "metadata": {},
            "created_at": self.created_at.isoformat(),
            "expires_at": (self.created_at + FILES_LIVE_FOR).isoformat(),
            "urls": {"get": f"{base_url}/v1/files/{self.id}"},
        }


@dataclass(slots=True, kw_only=True)
class ProviderState:
    """Everything, and nothing that outlives it but the books' file. `schemas` are input schemas by `owner/name`."""

    dice: Dice
    books: Books
    token: str | None = None
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    base_url: str = ""
    tokens_at_delivery: int = 0

    @property
    def faults(self) -> Faults:
        """Return the temper of the moment."""
        return self.dice.faults

    def shown(self, entry: Entry) -> dict[str, Any]:
        """Return a prediction as it is answered now, its times by the provider's own clock."""
        at, faults = now(), self.faults
        removed = self.books.is_removed(entry.id) or self._aged(entry, at, faults.data_removed_after_seconds)
        shifted = entry.shifted(self.clock_ahead)
        at += self.clock_ahead
        return as_json(shifted, at, base_url=self.base_url, removed=removed, extra=faults.adds_defaults)

    @property
    def clock_ahead(self) -> timedelta:
        """Return how wrong the provider's clock is."""
        return timedelta(seconds=self.faults.clock_ahead_seconds)

    def is_expired(self, entry: Entry) -> bool:
        """Tell whether the output of a render is no longer served."""
        return self._aged(entry, now(), self.faults.output_expires_after_seconds)

    def report(self) -> dict[str, Any]:
        """Return the books for a person or a test: one line a create, oldest first, and their sums."""
        at = now()
        lines = [self._line(entry, at) for entry in self.books]
        return {
            "creates": lines,
            "count": len(lines),
            "cost": round(sum(line["cost"] for line in lines), 6),
            "files": len(self.files),
            "tokens_at_delivery": self.tokens_at_delivery,
            "faults": dict(sorted(self.dice.injected.items())),
        }

    def _line(self, entry: Entry, at: datetime) -> dict[str, Any]:
        kept = (
            "id",
            "created_at",
            "model",
            "version",
            "deployment",
            "input",
            "answer",
            "outcome",
            "cancel_after_seconds",
        )
        line = entry.model_dump(mode="json", include=set(kept))
        return {**line, "seed": entry.seed, "status": status_at(entry, at), "cost": cost_at(entry, at)}

    def _aged(self, entry: Entry, at: datetime, limit_seconds: float) -> bool:
        ran = entry.starting_seconds + entry.render_seconds
        return at > entry.created_at + timedelta(seconds=ran + limit_seconds)


def new_state(faults: Faults | None = None, *, books: Path | None = None, token: str | None = None) -> ProviderState:
    """Return the state of a provider that was just started, with the books of its last run where there are any."""
    return ProviderState(dice=Dice(faults or Faults()), books=Books(books), token=token)


def problem(status: int, title: str, detail: str, **more: object) -> JSONResponse:
    """Return an error as the provider words it."""
    body = {"title": title, "detail": detail, "status": status, **more}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def throttled(state: ProviderState) -> JSONResponse:
    """Return a 429 with its waiting time in the header, the body and the text."""
    wait = state.faults.retry_after_seconds
    detail = f"Request was throttled. Your rate limit resets in ~{wait}s."
    answer = problem(429, "Too many requests", detail, retry_after=wait)
    answer.headers["Retry-After"] = str(wait)
    return answer


def broken(state: ProviderState, fault: str, answer: Response) -> Response:
    """Return what is left of an answer after a fault of the wire."""
    match fault:
        case "lose_answer" | "reset" | "reset_before":
            return LostAnswer()
        case "hang" | "hang_after" | "hang_before":
            return NoAnswer(state.faults.hang_seconds)
        case "half_answer":
            body = bytes(answer.body)
            cut_at = state.dice.cut_at(len(body), "create")
            return HalfAnswer(
                body, cut_at=cut_at, headers={"content-type": "application/json"}, status=answer.status_code
            )
        case "garbage":
            return Response("<html><body>502 Bad Gateway</body></html>", media_type="text/html")
        case "throttle":
            return throttled(state)
        case "not_found":
            return problem(404, "Not found", "The requested resource could not be found.")
        case "unauthorized":
            return problem(401, "Unauthenticated", "You did not pass a valid authentication token")
        case "no_credit":
            return problem(402, "Insufficient credit", "You have insufficient credit to run this model.")
        case "invalid":
            fields = [{"type": "required", "field": "input", "description": "prompt is required"}]
            return problem(422, "Input validation failed", "- input: prompt is required\n", invalid_fields=fields)
        case _:
            return problem(500, "Internal server error", "Something went wrong.")
