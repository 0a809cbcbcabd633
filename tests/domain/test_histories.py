"""Histories as they were stored by every released schema version: they fold for ever, and to the same job."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.sql.log.codec import UPCASTS, Codec
from domain.events import EVENT_TYPES, Event
from domain.evolve import replay
from domain.job import Job
from domain.steps import NOTHING, next_steps
from domain.times import read_time

CENT = Decimal("0.01")
HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


class StoredEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the event table; `data` stays as it was written."""

    version: int
    position: int
    event_id: str
    type: str
    schema_version: int
    data: msgspec.Raw
    metadata: dict[str, str]
    recorded_at: str


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rows of one job, and what they folded to when they were stored."""

    folds_to: dict[str, Any]
    events: list[StoredEvent]


def load(path: Path) -> History:
    return msgspec.json.decode(path.read_bytes(), type=History)


def events(history: History) -> list[Event]:
    codec = Codec()
    return [codec.decode(row.type, row.schema_version, bytes(row.data).decode()) for row in history.events]


def summary(job: Job) -> dict[str, Any]:
    return {
        "status": str(job.status),
        "version": job.version,
        "attempt": job.attempt,
        "tries": job.tries,
        "percent": job.percent,
        # These were stored when a job's cost was rounded to cents.
        "actual_cost": str(job.actual_cost.quantize(CENT, rounding=ROUND_HALF_UP)),
        "message": job.message,
        "error": job.error,
        "stage": job.stage,
        "renders": [
            f"{render.token} {render.attempt} {render.state} {render.render_id} {render.cost} {render.basis}"
            for render in job.renders
        ],
        "next_step": next((str(step.kind) for step in next_steps(job)), NOTHING),
    }


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_stored_history_folds_to_the_same_job_for_ever(path: Path) -> None:
    history = load(path)
    assert summary(replay("job-1", events(history))) == history.folds_to


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_stored_history_is_whole(path: Path) -> None:
    rows = load(path).events
    assert [row.version for row in rows] == list(range(1, len(rows) + 1))
    assert [read_time(row.recorded_at) for row in rows] == sorted(read_time(row.recorded_at) for row in rows)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_what_is_written_today_can_be_read_back_to_the_letter(path: Path) -> None:
    codec = Codec()
    for event in events(load(path)):
        written = codec.encode(event)
        assert codec.decode(written.type, written.schema_version, written.data) == event


def test_every_event_type_is_in_a_stored_history() -> None:
    assert {row.type for path in HISTORIES for row in load(path).events} == set(EVENT_TYPES)


def test_every_schema_version_ever_written_is_in_a_stored_history() -> None:
    """An upcast is one function from one version to the next, and what was written before it is kept here."""
    written = {(row.type, row.schema_version) for path in HISTORIES for row in load(path).events}
    current = {name: 1 + max((start for step, start in UPCASTS if step == name), default=0) for name in EVENT_TYPES}
    assert written == {(name, version) for name in EVENT_TYPES for version in range(1, current[name] + 1)}
    assert set(UPCASTS) == {(name, version) for name, newest in current.items() for version in range(1, newest)}
