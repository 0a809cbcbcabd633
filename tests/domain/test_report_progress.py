"""Progress of a render: at most one event for 5 points."""

from __future__ import annotations

import pytest

from domain import events as e
from domain.decide import decide
from tests.domain.scenario import STAGES, accepted, fail, given, progress, request


def test_progress_is_recorded() -> None:
    assert decide(progress(40), accepted()) == (
        e.RenderProgressed(percent=40, scenes_completed=1, current_scene=2, estimated_completion_seconds=95),
    )


@pytest.mark.parametrize(("percent", "recorded"), [(44, False), (45, True), (40, False), (10, False)])
def test_only_five_points_more_are_news(percent: int, recorded: bool) -> None:
    assert bool(decide(progress(percent), given(progress(40), job=accepted()))) is recorded


@pytest.mark.parametrize("percent", [-5, 0, 4])
def test_less_than_five_points_at_the_start_are_no_news(percent: int) -> None:
    assert decide(progress(percent), accepted()) == ()


@pytest.mark.parametrize("percent", [96, 100, 250])
def test_a_render_that_says_it_is_complete_is_shown_at_95(percent: int) -> None:
    assert given(progress(percent), job=accepted()).percent == 95


def test_the_next_attempt_begins_at_zero() -> None:
    job = given(progress(60), fail(), request("token-2"), job=accepted())
    assert (job.percent, job.scenes_completed, job.current_scene) == (0, 0, None)


@pytest.mark.parametrize("name", ["downloading", "stored", "completed"])
def test_late_progress_changes_nothing(name: str) -> None:
    assert decide(progress(80), STAGES[name]) == ()
