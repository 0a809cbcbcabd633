"""What a worker does next, and why nothing happens where it does nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.job import RenderState
from domain.steps import Step, StepKind, is_idle, next_steps, waiting_for
from tests.domain.scenario import AT, CANCEL, STAGES, given, only, requested, settle

STEPS = {
    "new": ((), True, None),
    "approved": (only(StepKind.REQUEST), False, "waits for a free worker"),
    "refused": ((), True, None),
    "requested": (only(StepKind.RECONCILE), False, None),
    "accepted": (only(StepKind.FOLLOW), False, None),
    "deferred": (only(StepKind.REQUEST), True, "retry at 18:00:07 UTC: the provider throttles"),
    "unresolved": ((), True, "needs_operator"),
    "waiting": (only(StepKind.REQUEST), True, "retry at 18:00:30 UTC: The model crashed"),
    "downloading": (only(StepKind.DOWNLOAD), False, None),
    "stored": (only(StepKind.COMPLETE), False, None),
    "completed": ((), True, None),
    "failed": ((), True, None),
    "failed_download": ((), True, None),
    "timed_out": (only(StepKind.SETTLE), False, "a render is still open at the provider and is being cancelled"),
    "cancelled": (only(StepKind.SETTLE), False, "a render is still open at the provider and is being cancelled"),
}


def test_every_stage_is_spoken_of() -> None:
    assert set(STEPS) == set(STAGES)


@pytest.mark.parametrize("name", STEPS)
def test_each_stage_has_its_next_steps_and_its_reason_to_wait(name: str) -> None:
    job = STAGES[name]
    assert (next_steps(job), is_idle(job), waiting_for(job)) == STEPS[name]


@pytest.mark.parametrize("state", RenderState)
def test_whatever_is_known_of_a_render_it_is_known_what_to_do(state: RenderState) -> None:
    """Two states had none: a history with a scene rendered on its own could not be listed."""
    job = requested()
    assert len(next_steps(replace(job, renders=(replace(job.renders[0], state=state),)))) <= 1


def test_each_scene_has_one_step_at_most_and_the_most_urgent_comes_first() -> None:
    job = requested()
    states = {
        1: [RenderState.FAILED],
        2: [RenderState.FAILED, RenderState.ACCEPTED],
        3: [RenderState.SUCCEEDED],
        4: [RenderState.REQUESTED],
    }
    renders = [replace(job.renders[0], scene=scene, state=state) for scene in states for state in states[scene]]
    assert next_steps(replace(job, renders=tuple(renders))) == (
        Step(kind=StepKind.RECONCILE, scene=4),
        Step(kind=StepKind.FOLLOW, scene=2),
        Step(kind=StepKind.REQUEST, scene=1),
    )


def test_an_ended_job_settles_every_scene_whose_render_is_open() -> None:
    job = given(CANCEL, job=requested())
    opened = [replace(job.renders[0], scene=scene, token=f"token-{scene}") for scene in (1, 2)]
    ended = replace(job.renders[0], scene=3, state=RenderState.SUCCEEDED)
    assert next_steps(replace(job, renders=(*opened, ended))) == (
        Step(kind=StepKind.SETTLE, scene=1),
        Step(kind=StepKind.SETTLE, scene=2),
    )


def test_a_settled_job_needs_nobody_any_more() -> None:
    job = given(CANCEL, settle(outcome="not_created"), job=requested())
    assert (next_steps(job), is_idle(job), waiting_for(job)) == ((), True, None)


def test_a_wait_is_told_in_utc_whatever_day_it_is() -> None:
    job = replace(requested(), retry_at=AT, last_problem="because")
    assert waiting_for(job) == "retry at 18:00:00 UTC: because"
