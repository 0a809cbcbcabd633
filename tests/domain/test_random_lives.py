"""What holds in every life of a job, whatever is asked of it and in whatever order."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given as for_all
from hypothesis import settings

from domain import events as e
from domain.decide import decide
from domain.evolve import replay
from domain.job import OPEN_RENDERS, RenderState
from domain.machine import FINAL, Status, moves
from domain.steps import is_idle, waiting_for
from tests.domain.lives import Life, lives


@for_all(lives())
def test_no_command_makes_an_illegal_event(life: Life) -> None:
    arrows = moves()
    for before, event, after in zip(life.states, life.history, life.states[1:], strict=False):
        assert arrows[before.status, type(event).__name__] is after.status


@for_all(lives())
def test_replay_of_any_prefix_is_the_job_as_it_was_at_that_moment(life: Life) -> None:
    for version, state in enumerate(life.states):
        assert replay("job-1", life.history[:version]) == state
        assert state.version == version


@for_all(lives())
def test_the_same_command_on_the_same_job_gives_the_same_events(life: Life) -> None:
    for moment in life.moments:
        if not moment.refused:
            assert decide(moment.command, moment.before) == moment.events


@for_all(lives())
def test_a_refused_command_leaves_the_job_alone(life: Life) -> None:
    assert all(moment.after == moment.before for moment in life.moments if moment.refused)


@for_all(lives())
def test_a_final_job_is_left_only_by_a_retry_or_by_the_approval_of_a_refused_one(life: Life) -> None:
    for before, event, after in zip(life.states, life.history, life.states[1:], strict=False):
        if before.status in FINAL and after.status is not before.status:
            assert before.status is Status.FAILED
            reapproved = before.last_event == "StoryboardRefused" and isinstance(event, e.StoryboardApproved)
            assert reapproved or isinstance(event, e.RetryRequested | e.DownloadRetryRequested)


@for_all(lives())
def test_a_job_ends_with_exactly_one_final_event(life: Life) -> None:
    for before, event, after in zip(life.states, life.history, life.states[1:], strict=False):
        ends = not before.is_final and after.is_final
        assert ends is (type(event).__name__ in e.FINAL_EVENTS)


@for_all(lives())
def test_what_was_spent_never_becomes_less_until_the_video_was_measured(life: Life) -> None:
    costs = [job.actual_cost for job in life.states if job.status is not Status.COMPLETED]
    assert costs == sorted(costs)
    assert all(cost >= 0 for cost in costs)


@for_all(lives())
def test_the_final_cost_is_the_sum_of_its_parts(life: Life) -> None:
    for event in life.history:
        if isinstance(event, e.VideoCompleted):
            exact = event.image_cost + sum((part.cost for part in event.attempt_costs), Decimal(0))
            assert event.actual_cost == exact
            assert len({(part.attempt, part.scene) for part in event.attempt_costs}) == len(event.attempt_costs)


@for_all(lives())
def test_the_cost_of_an_attempt_is_not_forgotten(life: Life) -> None:
    for before, after in zip(life.states, life.states[1:], strict=False):
        known = {render.token: render.cost for render in after.renders}
        for render in before.renders:
            if render.cost:
                assert known[render.token] == render.cost


@for_all(lives())
def test_at_most_one_render_is_open_and_it_is_the_newest(life: Life) -> None:
    for job in life.states:
        assert len(job.open_renders) <= 1
        assert not job.open_renders or job.open_renders[0] is job.render


@for_all(lives())
def test_no_render_is_requested_while_one_may_be_running(life: Life) -> None:
    for before, event in zip(life.states, life.history, strict=False):
        if isinstance(event, e.RenderRequested):
            assert not before.open_renders


@for_all(lives())
def test_a_completed_job_leaves_no_render_open(life: Life) -> None:
    assert all(not job.open_renders for job in life.states if job.status in {Status.DOWNLOADING, Status.COMPLETED})


@for_all(lives())
def test_the_id_of_an_open_render_never_changes(life: Life) -> None:
    for before, after in zip(life.states, life.states[1:], strict=False):
        ids = {render.token: render.render_id for render in after.renders if render.state in OPEN_RENDERS}
        for render in before.open_renders:
            assert render.render_id is None or ids.get(render.token, render.render_id) == render.render_id


@for_all(lives())
def test_a_closed_render_is_not_opened_again_but_by_a_late_answer_or_a_new_request(life: Life) -> None:
    for before, event, after in zip(life.states, life.history, life.states[1:], strict=False):
        opened = {render.token for render in after.open_renders} - {render.token for render in before.open_renders}
        assert not opened or isinstance(event, e.RenderRequested | e.RenderAccepted)
        if opened and isinstance(event, e.RenderAccepted):
            assert before.render is not None
            assert before.render.state is RenderState.DEFERRED


@for_all(lives())
def test_attempts_count_on_without_a_gap(life: Life) -> None:
    attempts = [event.attempt for event in life.history if isinstance(event, e.RenderRequested)]
    assert all(later - earlier in {0, 1} for earlier, later in zip([0, *attempts], attempts, strict=False))
    assert [job.attempt for job in life.states] == sorted(job.attempt for job in life.states)


@for_all(lives())
def test_a_token_belongs_to_one_attempt(life: Life) -> None:
    requests = {(event.token, event.attempt) for event in life.history if isinstance(event, e.RenderRequested)}
    assert len(requests) == len({token for token, _ in requests}) == len({attempt for _, attempt in requests})


@for_all(lives())
def test_tries_count_from_the_last_retry_and_never_pass_the_attempts(life: Life) -> None:
    for job in life.states:
        assert 0 <= job.tries <= job.attempt or job.attempt == 0
        assert job.tries >= 1 or job.status is not Status.RENDERING


@for_all(lives())
def test_the_percent_is_100_when_completed_and_never_before(life: Life) -> None:
    for job in life.states:
        assert (job.percent == 100) is (job.status is Status.COMPLETED)
        assert 0 <= job.percent <= 100


@for_all(lives())
def test_the_percent_falls_only_when_rendering_begins_anew(life: Life) -> None:
    for before, event, after in zip(life.states, life.history, life.states[1:], strict=False):
        if after.percent < before.percent:
            assert isinstance(event, e.RenderRequested | e.RetryRequested | e.DownloadRetryRequested)


@for_all(lives())
def test_progress_is_announced_at_most_once_in_five_points(life: Life) -> None:
    for before, event in zip(life.states, life.history, strict=False):
        if isinstance(event, e.RenderProgressed):
            assert before.percent + 5 <= event.percent <= 95


@for_all(lives())
def test_a_job_waits_for_a_time_only_while_it_works(life: Life) -> None:
    for job in life.states:
        assert job.retry_at is None or job.status in {Status.RENDERING, Status.DOWNLOADING}
        assert job.retry_at is not None or job.wait_seconds is None


@for_all(lives())
def test_a_working_job_rests_only_for_a_time_or_for_a_person_and_says_so(life: Life) -> None:
    for job in life.states:
        if is_idle(job) and not job.is_final and job.status is not Status.NEW:
            assert waiting_for(job)
            assert job.retry_at is not None or job.needs_operator


@for_all(lives())
def test_an_error_and_a_failed_job_come_together(life: Life) -> None:
    assert all((job.error is not None) is (job.status is Status.FAILED) for job in life.states)


@for_all(lives())
def test_the_video_that_completes_is_the_one_that_was_last_stored(life: Life) -> None:
    for before, event in zip(life.states, life.history, strict=False):
        if isinstance(event, e.VideoStored):
            assert before.status is Status.DOWNLOADING
        if isinstance(event, e.VideoCompleted):
            assert before.output_url is not None


def test_random_lives_reach_every_status_and_nearly_every_event() -> None:
    """Were they all refused at once, the tests above would prove nothing."""
    seen: set[str] = set()

    @for_all(lives())
    @settings(max_examples=200)
    def watch(life: Life) -> None:
        seen.update(type(event).__name__ for event in life.history)
        seen.update(str(job.status) for job in life.states)

    watch()
    assert set(Status) <= seen
    assert set(e.EVENT_TYPES) - seen <= {"SceneRendered", "SceneStored"}
