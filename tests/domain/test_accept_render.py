"""The provider's id: a fact whoever reports it, but of one render only."""

from __future__ import annotations

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.job import Job, RenderState
from tests.domain.scenario import (
    CANCEL,
    STAGES,
    accept,
    accepted,
    deferred,
    fail,
    given,
    request,
    requested,
    unresolved,
)

LATE = {"requested": requested(), "deferred": deferred(), "unresolved": unresolved()}


@pytest.mark.parametrize("job", LATE.values(), ids=LATE)
def test_a_render_without_an_id_gets_it_also_when_nobody_hoped_for_an_answer(job: Job) -> None:
    assert decide(accept(), job) == (e.RenderAccepted(attempt=1, render_id="render-1"),)


@pytest.mark.parametrize("job", LATE.values(), ids=LATE)
def test_an_accepted_render_waits_for_nothing_and_says_that_it_renders(job: Job) -> None:
    """After a late answer the job went on saying that it waited."""
    after = given(accept(), job=job)
    assert (after.retry_at, after.last_problem, after.message) == (None, None, "Rendering video from images...")
    assert after.render is not None
    assert (after.render.state, after.render.render_id) == (RenderState.ACCEPTED, "render-1")


def test_the_same_id_again_changes_nothing() -> None:
    assert decide(accept(), accepted()) == ()


@pytest.mark.parametrize("name", [name for name, job in STAGES.items() if job.renders and job.renders[0].render_id])
def test_the_same_id_again_changes_nothing_wherever_the_job_stands(name: str) -> None:
    assert decide(accept(), STAGES[name]) == ()


def test_a_second_id_is_refused_so_that_its_worker_cancels_it() -> None:
    with pytest.raises(IllegalMove, match="attempt 1 already has the render render-1"):
        decide(accept(render_id="render-2"), accepted())


def test_an_id_for_an_attempt_that_was_closed_is_refused() -> None:
    """It opened the failed attempt again beside the next one: a paid render that nobody followed or ended."""
    closed = given(fail(), job=requested())
    with pytest.raises(IllegalMove, match="attempt 1 is failed"):
        decide(accept(), closed)
    with pytest.raises(IllegalMove, match="attempt 1 is failed"):
        decide(accept(), given(request("token-2"), job=closed))


def test_an_id_for_a_render_that_was_given_up_is_refused() -> None:
    with pytest.raises(IllegalMove, match="attempt 1 is given_up"):
        decide(accept(), given(CANCEL, job=unresolved()))


def test_an_id_that_comes_after_the_end_is_refused() -> None:
    with pytest.raises(IllegalMove, match="RenderAccepted is not possible while a job is cancelled"):
        decide(accept(), given(CANCEL, job=requested()))


@pytest.mark.parametrize("name", STAGES)
def test_a_token_of_another_job_is_refused(name: str) -> None:
    with pytest.raises(IllegalMove, match="no render of this job has the token foreign"):
        decide(accept("foreign"), STAGES[name])
