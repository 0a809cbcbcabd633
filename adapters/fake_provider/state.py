"""The state of a running provider: its faults, its books and its files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from adapters.fake_provider.books import Books, Entry, now
from adapters.fake_provider.catalogue import FREE_MODEL, Catalogue
from adapters.fake_provider.echo import echoed
from adapters.fake_provider.faults import FaultChooser, Faults, Operation
from adapters.fake_provider.renders import as_json, cost_at, stamp, status_at
from adapters.fake_provider.wire import HalfAnswer, LostAnswer, NoAnswer

FILES_LIVE_FOR = timedelta(hours=24)
MOST_FILES = 10_000

SERVER_ERROR = (500, "Internal server error", "Something went wrong.")
_PROBLEMS = {
    "not_found": (404, None, "The requested resource could not be found."),
    "unauthorized": (401, "Unauthenticated", "You did not pass a valid authentication token"),
    "no_credit": (402, "Insufficient credit", "You have insufficient credit to run this model."),
}
_REPORTED = {
    *("id", "created_at", "model", "version", "deployment", "input", "answer", "outcome", "cancel_after_seconds")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An uploaded file."""

    id: str
    name: str
    content_type: str
    content: bytes
    metadata: object
    created_at: datetime

    def as_json(self, base_url: str, *, ahead: timedelta) -> dict[str, Any]:
        """Return the file as the API answers it, with times of a clock that is ahead."""
        md5 = hashlib.md5(self.content, usedforsecurity=False).hexdigest()
        return {
            "id": self.id,
            "name": self.name,
            "content_type": self.content_type,
            "size": len(self.content),
            "etag": md5,
            "checksums": {"sha256": hashlib.sha256(self.content).hexdigest(), "md5": md5},
            "metadata": self.metadata,
            "created_at": stamp(self.created_at + ahead),
            "expires_at": stamp(self.created_at + FILES_LIVE_FOR + ahead),
            "urls": {"get": f"{base_url}/v1/files/{self.id}"},
        }


@dataclass(slots=True, kw_only=True)
class ProviderState:
    """All state; only the file of the books survives a restart. `schemas` are input fields by `owner/name`."""

    chooser: FaultChooser
    books: Books
    token: str | None = None
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    seen_models: set[str] = field(default_factory=set)
    base_url: str = ""
    tokens_at_delivery: int = 0

    @property
    def faults(self) -> Faults:
        """Return the faults that are set now."""
        return self.chooser.faults

    @property
    def catalogue(self) -> Catalogue:
        """Return the models that exist now."""
        return Catalogue(patterns=self.faults.models, schemas=self.schemas, renames=self.faults.renamed_models)

    def find(self, render_id: str) -> Entry | None:
        """Return the render with this id, unless it is forgotten."""
        entry = self.books.get(render_id)
        return None if entry is None or self.is_forgotten(entry) else entry

    def shown(self, entry: Entry, *, at: datetime | None = None) -> dict[str, Any]:
        """Return a prediction as it is answered at that time, by default now, with times of the provider's clock."""
        at, faults = at or now(), self.faults
        removed = self.books.is_removed(entry.id) or self._aged(entry, at, faults.data_removed_after_seconds)
        changes = {
            "model": self.model_shown(entry),
            "input": echoed(entry.input, faults.echoes, adds_defaults=faults.adds_defaults),
        }
        shifted = entry.shifted(self.clock_ahead).model_copy(update=changes)
        return as_json(shifted, at + self.clock_ahead, base_url=self.base_url, removed=removed)

    def model_of(self, version: str) -> str | None:
        """Return the model with this version, None where there is none."""
        booked = (entry.model for entry in self.books if entry.model is not None)
        return self.catalogue.model_of(version, (*self.seen_models, *booked))

    def model_shown(self, entry: Entry) -> str:
        """Return the newest name of the model of a render; books of earlier versions name a version alone."""
        model = entry.model or entry.deployment or self.model_of(entry.version) or FREE_MODEL
        return self.faults.renamed_models.get(model, model)

    @property
    def clock_ahead(self) -> timedelta:
        """Return how far the provider's clock is ahead."""
        return timedelta(seconds=self.faults.clock_ahead_seconds)

    def is_expired(self, entry: Entry) -> bool:
        """Tell whether the output of a render is no longer served."""
        return self._aged(entry, now(), self.faults.output_expires_after_seconds)

    def is_forgotten(self, entry: Entry) -> bool:
        """Tell whether nothing is known of a render any more."""
        limit = self.faults.forgotten_after_seconds
        return limit is not None and self._aged(entry, now(), limit)

    def report(self) -> dict[str, Any]:
        """Return the books: one line for each create, oldest first, and their sums."""
        at = now()
        lines = [self._line(entry, at) for entry in self.books]
        return {
            "creates": lines,
            "count": len(lines),
            "cost": round(sum(line["cost"] for line in lines), 6),
            "files": len(self.files),
            "tokens_at_delivery": self.tokens_at_delivery,
            "faults": dict(sorted(self.chooser.injected.items())),
        }

    def _line(self, entry: Entry, at: datetime) -> dict[str, Any]:
        line = entry.model_dump(mode="json", include=_REPORTED)
        return {**line, "seed": entry.seed, "status": status_at(entry, at), "cost": cost_at(entry, at)}

    def _aged(self, entry: Entry, at: datetime, limit_seconds: float) -> bool:
        ran = entry.starting_seconds + entry.render_seconds
        return at > entry.created_at + timedelta(seconds=ran + limit_seconds)


def new_state(faults: Faults | None = None, *, books: Path | None = None, token: str | None = None) -> ProviderState:
    """Return the state of a new provider, with the books of the last run where there are any."""
    return ProviderState(chooser=FaultChooser(faults or Faults()), books=Books(books), token=token)


def problem(status: int, title: str | None, detail: str, **more: object) -> JSONResponse:
    """Return an error in the provider's form, which has not always a title."""
    body = {**({} if title is None else {"title": title}), "detail": detail, "status": status, **more}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def throttled(state: ProviderState) -> JSONResponse:
    """Return a 429 with the time to wait in the header, the body and the text."""
    wait = state.faults.retry_after_seconds
    detail = f"Request was throttled. Your rate limit resets in ~{wait}s."
    answer = problem(429, "Too many requests", detail, retry_after=wait)
    answer.headers["Retry-After"] = str(wait)
    return answer


def answered(state: ProviderState, on: Operation, answer: Response) -> Response:
    """Return the answer, or what a fault of this operation makes of it."""
    return faulty(state, state.chooser.fault(on), answer)


def faulty(state: ProviderState, fault: str | None, answer: Response | None = None) -> Response:
    """Return what the caller gets instead of `answer` because of a fault."""
    answer = answer or Response()
    match fault:
        case None:
            return answer
        case "lose_answer" | "reset" | "reset_before":
            return LostAnswer()
        case "hang" | "hang_after" | "hang_before":
            return NoAnswer(state.faults.hang_seconds)
        case "half_answer":
            body = bytes(answer.body)
            cut_at = state.chooser.cut_at(len(body), "create")
            return HalfAnswer(
                body, cut_at=cut_at, headers={"content-type": "application/json"}, status=answer.status_code
            )
        case "garbage":
            return Response("<html><body>502 Bad Gateway</body></html>", media_type="text/html")
        case "throttle":
            return throttled(state)
        case "invalid":
            fields = [{"type": "required", "field": "input", "description": "prompt is required"}]
            return problem(422, "Input validation failed", "- input: prompt is required\n", invalid_fields=fields)
        case _:
            return problem(*_PROBLEMS.get(fault, SERVER_ERROR))
