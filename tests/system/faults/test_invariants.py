"""The checks of the matrix can fail: each broken promise, made by hand, is named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.system.faults.invariants import Event, in_history, on_the_bus

HISTORY: list[Event] = [(1, "a", 1, "StoryboardApproved", "{}"), (2, "a", 2, "VideoCompleted", "{}")]
HEARD: list[dict[str, Any]] = [
    {"subject": "video.progress", "job_id": "a", "sequence": 1},
    {"subject": "video.progress", "job_id": "a", "sequence": 2},
    {"subject": "video.completed", "job_id": "a", "sequence": 2},
]
STATUSES = {"a": "completed"}


def test_a_whole_history_is_not_complained_about() -> None:
    assert list(in_history(HISTORY, STATUSES, approved={"a"}, may_fail=set())) == []
    assert list(on_the_bus(HISTORY, HEARD, STATUSES)) == []


@pytest.mark.parametrize(
    ("events", "statuses", "words"),
    [
        (HISTORY[:1], {"a": "approved"}, "0 final events"),
        ([*HISTORY, (3, "a", 3, "JobFailed", "{}")], STATUSES, "2 final events"),
        ([HISTORY[0], (3, "a", 2, "VideoCompleted", "{}")], STATUSES, "gap"),
        ([HISTORY[0], (2, "a", 3, "VideoCompleted", "{}")], STATUSES, "versions"),
        (HISTORY, {"a": "rendering"}, "the read model says rendering"),
        ([HISTORY[0], (2, "a", 2, "JobFailed", "{}")], {"a": "failed"}, "instead of completed"),
        ([*HISTORY, (3, "b", 1, "StoryboardApproved", "{}")], STATUSES, "nobody approved"),
        ([], {}, "0 final events"),
    ],
)
def test_a_broken_history_is_named(events: list[Event], statuses: dict[str, str], words: str) -> None:
    found = list(in_history(events, statuses, approved={"a"}, may_fail=set()))
    assert any(words in problem for problem in found), found


@pytest.mark.parametrize(
    "announced",
    [
        pytest.param(HEARD[1:], id="lost"),
        pytest.param([HEARD[0], *HEARD], id="repeated"),
        pytest.param([HEARD[1], HEARD[0], HEARD[2]], id="out of order"),
        pytest.param([*HEARD, HEARD[2]], id="two last words"),
        pytest.param(HEARD[:2], id="no last word"),
    ],
)
def test_a_broken_stream_is_named(announced: list[dict[str, Any]]) -> None:
    assert list(on_the_bus(HISTORY, announced, STATUSES))
