"""What a worker does next, and why nothing happens where it does nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.job import RenderState
from domain.steps import Step, next_step, rests, waiting_for
from tests.domain.scenario import AT, CANCEL, STAGES, given, requested, settle

STEPS = {
    "new": (Step.NOTHING, True, None),
    "approved": (Step.REQUEST, False, "waits for a free worker"),
    "refused": (Step.NOTHING, True, None),
    "requested": (Step.RECONCILE, False, None),
    "accepted": (Step.FOLLOW, False, None),
    "deferred": (Step.REQUEST, True, "retry at 18:00:07 UTC: the provider throttles"),
    "unresolved": (Step.NOTHING, True, "needs_operator"),
    "waiting": (Step.REQUEST, True, "retry at 18:00:30 UTC: The model crashed"),
    "downloading": (Step.DOWNLOAD, False, None),
    "stored": (Step.COMPLETE, False, None),
    "completed": (Step.NOTHING, True, None),
    "failed": (Step.NOTHING, True, None),
    "failed_download": (Step.NOTHING, True, None),
    "timed_out": (Step.SETTLE, False, "a render is still open at the provider and is being cancelled"),
    "cancelled": (Step.SETTLE, False, "a render is still open at the provider and is being cancelled"),
}


def test_every_stage_is_spoken_of() -> None:
    assert set(STEPS) == set(STAGES)


@pytest.mark.parametrize("name", STEPS)
def test_each_stage_has_its_next_step_and_its_reason_to_wait(name: str) -> None:
    job = STAGES[name]
    assert (next_step(job), rests(job), waiting_for(job)) == STEPS[name]


@pytest.mark.parametrize("state", RenderState)
def test_whatever_is_known_of_a_render_there_is_a_next_step(state: RenderState) -> None:
    """Two states had none: a history with a scene rendered on its own could not be listed."""
    job = requested()
    assert isinstance(next_step(replace(job, renders=(replace(job.renders[0], state=state),))), Step)


def test_a_settled_job_needs_nobody_any_more() -> None:
    job = given(CANCEL, settle(outcome="not_created"), job=requested())
    assert (next_step(job), rests(job), waiting_for(job)) == (Step.NOTHING, True, None)


def test_a_wait_is_told_in_utc_whatever_day_it_is() -> None:
    job = replace(requested(), retry_at=AT, last_problem="because")
    assert waiting_for(job) == "retry at 18:00:00 UTC: because"
