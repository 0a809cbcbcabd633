"""Reads of renders, one or many, and cancels."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.fake_provider.books import Entry, now
from adapters.fake_provider.paging import page_of
from adapters.fake_provider.renders import FINAL, status_at
from adapters.fake_provider.state import ProviderState, answered, faulty, problem


async def get_prediction(request: Request, state: ProviderState) -> Response:
    """Return one render."""
    entry = state.find(request.path_params["id"])
    return answered(state, "get", JSONResponse(state.shown(entry)) if entry else faulty(state, "not_found"))


async def list_predictions(request: Request, state: ProviderState) -> Response:
    """Return a page of renders, newest first, without those that are newer than the lag."""
    asked = request.query_params
    try:
        since = _time(asked.get("created_after"), ahead=state.clock_ahead)
        before = _time(asked.get("created_before"), ahead=state.clock_ahead)
        entries = [] if asked.get("source") == "web" else state.books.newest_first()
        listed = {entry.id: entry for entry in entries if _is_listed(entry, state, since, before)}
        page = page_of(request, list(listed), size=state.faults.page_size)
    except ValueError:
        return problem(400, "Bad request", "created_after, created_before or cursor cannot be read")
    return answered(state, "list", JSONResponse(page.body([state.shown(listed[key]) for key in page.keys])))


async def cancel_prediction(request: Request, state: ProviderState) -> Response:
    """End a render that has not ended."""
    entry = state.find(request.path_params["id"])
    if entry is None:
        return faulty(state, "not_found")
    if status_at(entry, now()) not in FINAL:
        state.books.cancel(entry.id, now())
    return answered(state, "cancel", JSONResponse(state.shown(state.books.get(entry.id) or entry)))


def _is_listed(entry: Entry, state: ProviderState, since: datetime | None, before: datetime | None) -> bool:
    created = entry.created_at
    lag = timedelta(seconds=state.faults.list_lag_seconds)
    in_time = (since is None or created >= since) and (before is None or created < before)
    return in_time and created + lag <= now() and not state.is_forgotten(entry)


def _time(text: str | None, *, ahead: timedelta) -> datetime | None:
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time needs its zone")
    return time - ahead
