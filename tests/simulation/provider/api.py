"""Replicate's API over the books: what is answered to each call."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from adapters.renderers.replicate.http import ApiAnswer, Call
from tests.simulation.provider.account import BEGINNING, Books
from tests.simulation.provider.echo import echo
from tests.simulation.provider.prediction import BookedPrediction

BASE_URL = "https://provider.example/v1"
DELIVERY = "https://delivery.example/"

_CREATE = re.compile(r"(?:models/(?P<model>[^/]+/[^/]+)/)?predictions")
_ONE = re.compile(r"predictions/p(?P<number>\d+)(?P<cancel>/cancel)?")


class Api:
    """Answers calls that may only read or cancel; creates are made by `creating.py`."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def answer(self, call: Call, account: str) -> ApiAnswer:
        """Return the answer to a read or a cancel."""
        if found := _ONE.fullmatch(call.path):
            return self._one(account, int(found["number"]), cancel=bool(found["cancel"]))
        if call.path.startswith("files"):
            return self._file(call)
        path = urlsplit(call.path)
        if path.path.rpartition("/v1/")[2] == "predictions":
            asked = {**{name: values[0] for name, values in parse_qs(path.query).items()}, **(call.params or {})}
            return self._list(account, asked)
        if call.path.startswith("models/") and self._books.temperament.has_schema:
            return self._model(call.path.split("/")[1:3])
        return self.problem(404, "Not found")

    def created(self, one: BookedPrediction) -> ApiAnswer:
        """Return the answer to a create."""
        return self._json(201, self._shown(one, ()))

    def problem(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> ApiAnswer:
        """Return an error."""
        return self._json(status, {"detail": detail, "status": status}, headers)

    def _one(self, account: str, number: int, *, cancel: bool) -> ApiAnswer:
        one = self._books.visible(account, number)
        if one is None:
            return self.problem(404, "Prediction not found")
        if cancel and not one.has_ended(self._books.time()) and one.cancelled is None:
            one.cancelled = self._books.time()
        return self._json(200, self._shown(one, self._redactions(one)))

    def _list(self, account: str, asked: Mapping[str, str]) -> ApiAnswer:
        below = int(asked.get("cursor", 1 << 30))
        found = [one for one in self._books.listed(account) if one.number < below]
        page = found[: self._books.temperament.page_size]
        is_last = len(found) <= len(page)
        return self._json(
            200,
            {
                "previous": None,
                "next": None if is_last else f"{BASE_URL}/predictions?cursor={page[-1].number}",
                "results": [self._shown(one, self._redactions(one)) for one in page],
            },
        )

    def _file(self, call: Call) -> ApiAnswer:
        """Take an upload, or tell what is known of one."""
        if call.files is not None:
            name, content, _ = call.files["content"]
            url = f"{BASE_URL}/files/{name.replace('.', '-')}"
            self._books.files[url] = hashlib.sha256(content).hexdigest()
            return self._json(201, _shown_file(url, name, self._books.files[url]))
        url = f"{BASE_URL}/{call.path}"
        if url not in self._books.files:
            return self.problem(404, "File not found")
        return self._json(200, _shown_file(url, url.rpartition("/")[2], self._books.files[url]))

    def _model(self, name: list[str]) -> ApiAnswer:
        owner, short = name
        return self._json(200, {"owner": owner, "name": short, "latest_version": {"id": "a" * 64}})

    def _redactions(self, one: BookedPrediction) -> tuple[str, ...]:
        temperament = self._books.temperament
        old = self._books.time() - one.created >= temperament.redacted_after_seconds
        return temperament.redactions if old else ()

    def _shown(self, one: BookedPrediction, redactions: tuple[str, ...]) -> dict[str, Any]:
        books, now = self._books, self._books.time()
        status, removed = one.status_at(now), books.is_removed(one)
        shown: dict[str, Any] = {
            "id": one.id,
            "model": books.temperament.listed_name or one.model,
            "version": one.version or "hidden",
            "input": {} if removed else echo(one.sent, redactions),
            "output": None if removed or status != "succeeded" else _output(one),
            "error": "it broke" if status == "failed" else None,
            "logs": "",
            "status": status,
            "created_at": _time(one.created_stamp),
            "data_removed": removed and books.temperament.tells_removal,
        }
        if one.starts <= now and status != "aborted":
            shown["started_at"] = _time(one.created_stamp + one.starts - one.created)
        if one.has_ended(now):
            shown["completed_at"] = _time(one.created_stamp + one.end[0] - one.created)
            shown["metrics"] = {"predict_time": round(one.ran_seconds, 3) if one.is_billed else 0.0}
        return shown

    def _json(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> ApiAnswer:
        dated = {"date": format_datetime(self._books.now(), usegmt=True)} if self._books.temperament.sends_date else {}
        return ApiAnswer(status=status, headers={**dated, **(headers or {})}, body=json.dumps(body).encode())


def account_path(call: Call) -> re.Match[str] | None:
    """Return the match of a call that creates, None for any other."""
    return _CREATE.fullmatch(call.path) if call.method == "POST" else None


def _shown_file(url: str, name: str, sha256: str) -> dict[str, object]:
    return {"name": name, "urls": {"get": url}, "checksums": {"sha256": sha256}}


def _output(one: BookedPrediction) -> object:
    return None if one.outcome == "empty" else f"{DELIVERY}{one.id}.mp4"


def _time(stamp: float) -> str:
    return (BEGINNING + timedelta(seconds=stamp)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
