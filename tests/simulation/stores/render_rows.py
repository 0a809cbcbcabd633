"""The rows of `renders` that an append writes, and the two rules that each of them must keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from adapters.sql.log.projection import render_row, touched_renders
from adapters.sql.tables import RENDER_COLUMNS
from domain.errors import ReelwrightError, Refused, Unavailable
from domain.events import RenderRequested
from domain.job import Render, RenderState
from domain.records import Append
from domain.times import time_text
from tests.simulation.stores.tables import MemoryTables, TableRow

_UNRESOLVED = {RenderState.REQUESTED.value, RenderState.UNRESOLVED.value}


def render_rows(tables: MemoryTables, entry: Append, at: datetime) -> Sequence[TableRow]:
    """Return the new rows in the order of their tokens. A render is as old as its last request."""
    events = [new.event for new in entry.events]
    requested = {event.token for event in events if isinstance(event, RenderRequested)}
    rows = []
    for render in sorted(touched_renders(entry.job, events), key=lambda render: render.token):
        requested_at = time_text(at) if render.token in requested else ""
        columns = render_row(entry.job.job_id, render, requested_at=requested_at, changed_at=time_text(at))
        row = dict(zip(RENDER_COLUMNS, columns, strict=True))
        before = tables.renders.get(render.token)
        if before is not None and not requested_at:
            row["requested_at"] = before["requested_at"]
        rows.append(row)
    return rows


def check_renders(tables: MemoryTables, entry: Append, rows: Sequence[TableRow]) -> None:
    """Refuse a second unresolved request of one input in one account, and a render of the provider with two tokens.

    Raises Unavailable, Refused.
    """
    table = dict(tables.renders)
    for row in rows:
        others = [other for token, other in table.items() if token != row["token"]]
        if any(_are_twins(row, other) or _is_same_render(row, other) for other in others):
            raise _reason(tables, entry)
        table[str(row["token"])] = row


def _are_twins(row: TableRow, other: TableRow) -> bool:
    same = all(row[name] == other[name] for name in ("account", "model", "request_hash"))
    return same and row["state"] in _UNRESOLVED and other["state"] in _UNRESOLVED


def _is_same_render(row: TableRow, other: TableRow) -> bool:
    same = all(row[name] == other[name] for name in ("account", "render_id"))
    return same and row["render_id"] is not None


def _reason(tables: MemoryTables, entry: Append) -> ReelwrightError:
    """Say which job has the request or the render: as it was before the append."""
    for render in touched_renders(entry.job, (new.event for new in entry.events)):
        others = [row for token, row in tables.renders.items() if token != render.token]
        if twin := _unresolved_twin(render, others):
            return Unavailable(f"another create: the same input of job {twin} is still unresolved")
        owner = _owner(render, others)
        if owner is not None:
            return Refused(f"the render {render.render_id} already belongs to job {owner}")
    return Refused("the database refused the rows: two renders of one append cannot be told apart")


def _unresolved_twin(render: Render, others: Iterable[TableRow]) -> str | None:
    order = render.order
    wanted = (order.account or "", order.model or "", order.request_hash)
    unresolved = (row for row in others if row["state"] in _UNRESOLVED)
    same = (row for row in unresolved if (row["account"], row["model"], row["request_hash"]) == wanted)
    return next((str(row["job_id"]) for row in same), None)


def _owner(render: Render, others: Iterable[TableRow]) -> str | None:
    wanted = (render.order.account or "", render.render_id)
    found = (row for row in others if (row["account"], row["render_id"]) == wanted)
    return next((str(row["job_id"]) for row in found), None) if render.render_id else None
