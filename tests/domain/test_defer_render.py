"""Nothing was created: the same request goes on later, and no attempt is counted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.job import Job, RenderState
from tests.domain.scenario import AT, STAGES, accepted, defer, deferred, given, requested

IN_HAND = {"requested": requested(), "accepted": accepted()}


@pytest.mark.parametrize("job", IN_HAND.values(), ids=IN_HAND)
def test_a_render_in_hand_is_deferred(job: Job) -> None:
    assert decide(defer(), job) == (
        e.RenderDeferred(
            attempt=1, reason="the provider throttles", retry_at=AT + timedelta(seconds=7), retry_in_seconds=7.0
        ),
    )


def test_a_deferred_render_is_closed_until_its_time() -> None:
    job = deferred()
    assert job.render is not None
    assert (job.render.state, job.open_renders) == (RenderState.DEFERRED, ())
    assert (job.retry_at, job.last_problem) == (AT + timedelta(seconds=7), "the provider throttles")
    assert (job.attempt, job.tries) == (1, 1)


def test_images_stay_paid_when_a_local_render_is_begun_again() -> None:
    """The cost of the images vanished with the id of the render, and came back with the next one."""
    job = given(defer(), job=accepted())
    assert job.actual_cost == accepted().actual_cost > 0


@pytest.mark.parametrize("name", [name for name in STAGES if name not in IN_HAND])
def test_elsewhere_it_is_an_illegal_move(name: str) -> None:
    with pytest.raises(IllegalMove):
        decide(defer(), STAGES[name])
