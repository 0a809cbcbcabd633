"""Announcements are read back as they were written, whatever version wrote them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain import events as e
from domain.evolve import replay
from service.housekeeping.announced import LostEvents, is_later, read_body
from service.log_readers.announcements import announcements
from tests.service.log_readers.announcing import MemoryStore, life

AT = datetime(2026, 11, 22, 18, 0, 0, 123456, tzinfo=UTC)


def read_back(*events: e.Event) -> LostEvents:
    recorded = MemoryStore().record("film", *events, at=AT)
    found = None
    for number, one in enumerate(recorded, start=1):
        for message in announcements(one, replay("film", events[:number])):
            body = read_body(message.body)
            assert body is not None
            later = LostEvents.of(body, render_id=message.headers.get("Reelwright-Render"))
            found = later if found is None else found.then(later)
    assert found is not None
    return found


def test_a_whole_life_is_read_back() -> None:
    lost = read_back(*life())
    assert (lost.last.job_id, lost.last.status, lost.last.event) == ("film", "completed", "VideoCompleted")
    assert (lost.requested_attempt, lost.render_ids, lost.cost) == (1, ("render-1",), Decimal("0.61"))
    assert lost.last.occurred_at == AT.replace(microsecond=123000)


def test_before_its_end_the_cost_is_unknown() -> None:
    assert read_back(*life()[:3]).cost is None


def test_the_announcement_of_an_accepted_render_names_it() -> None:
    (recorded, *_) = [
        one for one in MemoryStore().record("film", *life(), at=AT) if isinstance(one.event, e.RenderAccepted)
    ]
    (message,) = announcements(recorded, replay("film", life()[:3]))
    assert message.headers["Reelwright-Render"] == "render-1"


@pytest.mark.parametrize("raw", [b"", b"no json", b"[]", b"{}", b'{"job_id": 7}'])
def test_what_is_none_of_ours_is_not_read(raw: bytes) -> None:
    assert read_body(raw) is None


def test_fields_of_later_versions_do_no_harm() -> None:
    body = {"job_id": "a", "sequence": 1, "event": "New", "status": "new", "occurred_at": "2026-11-22T18:00:00.123Z"}
    assert read_body(json.dumps(body | {"more": {"of": "it"}}).encode()) is not None


def test_a_time_that_was_cut_to_milliseconds_is_not_before_its_own_event() -> None:
    body = read_back(*life()).last
    assert is_later(body, AT)
    assert not is_later(body, AT + timedelta(milliseconds=1))
