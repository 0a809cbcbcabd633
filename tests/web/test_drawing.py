"""What the server draws, without a browser: gaps, ways through states, costs, figures."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain import events as e
from domain.records import Recorded
from domain.storyboard import OutputWishes, Scene
from service.http.pages import formats
from service.http.pages.attempts import attempts
from service.http.pages.page_data import page_data
from service.http.pages.scenes import scenes
from service.http.pages.stepper import stepper
from service.http.pages.timeline import timeline

BEGAN = datetime(2026, 11, 22, 18, tzinfo=UTC)
SCENES = tuple(Scene(scene_number=n, image_url=f"https://images.example/{n}.png") for n in (1, 2, 3))
APPROVED = e.StoryboardApproved(storyboard=SCENES, output=OutputWishes(), storyboard_hash="hash")


def requested(attempt=1, **more):
    return e.RenderRequested(
        attempt=attempt,
        token=f"t{attempt}",
        renderer="replicate",
        model="owner/name",
        request_hash="h",
        deadline=BEGAN,
        image_cost=Decimal("0.009"),
        **more,
    )


def failed(attempt=1, retry_at=None):
    return e.RenderAttemptFailed(
        attempt=attempt,
        reason="out of memory",
        cost=Decimal("0.30"),
        basis="provider_metric",
        tries=attempt,
        tries_allowed=3,
        retry_at=retry_at,
        retry_in_seconds=30 if retry_at else None,
    )


def shown(*told, version=None):
    """Return a job with these events; each is an event or (seconds after the one before, event)."""
    at, history = BEGAN, []
    for version_, item in enumerate(told, start=1):
        seconds, event = item if isinstance(item, tuple) else (0.1, item)
        at += timedelta(seconds=seconds)
        history.append(
            Recorded(
                position=version_,
                job_id="a",
                version=version_,
                event_id=f"e{version_}",
                event=event,
                recorded_at=at,
                metadata={},
            )
        )
    return page_data(history, version=version or len(history), now=at)


def words(html):
    return re.sub(r"<[^>]*>", "|", html)


def test_a_long_silence_stands_between_the_events():
    told = timeline(shown(APPROVED, (90.0, requested()), (1.0, e.RenderAccepted(attempt=1, render_id="r"))))
    assert "1 min 30 s without an event" in told
    assert told.count('class="gap"') == 1


def test_trouble_and_another_attempt_stand_out():
    told = timeline(shown(APPROVED, requested(), failed(retry_at=BEGAN), requested(2)))
    assert told.count('class="event trouble"') == 1
    assert told.count('class="event again"') == 1


def test_a_long_text_in_the_json_is_cut_and_says_so():
    story = e.StoryboardApproved(
        storyboard=(Scene(scene_number=1, image_url="data:" + "x" * 100_000),),
        output=OutputWishes(),
        storyboard_hash="h",
    )
    told = timeline(shown(story))
    assert "(100,005 letters)" in told
    assert len(told) < 5000


def test_the_stepper_shows_where_a_job_was_and_what_is_ahead():
    drawn = stepper(shown(APPROVED, (2.0, requested())))
    assert re.findall(r"<li[^>]*class=\"(\w+)\"", drawn) == ["past", "here", "ahead", "ahead"]
    assert "2.0 s" in drawn


def test_the_stepper_of_a_retried_job_keeps_its_detour():
    drawn = stepper(
        shown(APPROVED, requested(), failed(), e.JobFailed(stage="rendering", reason="no"), e.RetryRequested(by="me"))
    )
    steps = re.findall(r"data-step=\"(\w+)\"", drawn)
    assert steps == ["approved", "rendering", "failed", "approved"]
    assert drawn.count('class="ahead"') == 3


def test_a_long_stepper_counts_what_it_leaves_out():
    detour = [
        item
        for n in range(1, 8)
        for item in (requested(n), failed(n), e.JobFailed(stage="rendering", reason="no"), e.RetryRequested(by="me"))
    ]
    assert "14 before" in stepper(shown(APPROVED, *detour))


def test_attempts_name_reason_cost_and_when_they_go_on():
    drawn = words(attempts(shown(APPROVED, requested(), failed(retry_at=BEGAN + timedelta(seconds=30)))))
    assert "owner/name" in drawn
    assert "$0.30| the provider&#x27;s figure" in drawn
    assert "out of memory" in drawn
    assert "18:00:30" in drawn


def test_a_failed_download_is_an_attempt_too():
    succeeded = e.RenderSucceeded(
        attempt=1,
        output_url="https://out.example/1.mp4",
        duration_seconds=9.0,
        expires_at=None,
        download_until=BEGAN,
        cost=Decimal("0.90"),
        basis="measured_duration",
    )
    cut = e.DownloadAttemptFailed(attempt=1, reason="the line was cut", retry_at=BEGAN, retry_in_seconds=2)
    drawn = words(attempts(shown(APPROVED, requested(), e.RenderAccepted(attempt=1, render_id="r"), succeeded, cut)))
    assert "download 1" in drawn
    assert "the line was cut" in drawn


def test_scenes_are_done_under_way_or_ahead():
    progress = e.RenderProgressed(percent=40, scenes_completed=1, current_scene=2, estimated_completion_seconds=9)
    drawn = scenes(shown(APPROVED, requested(), progress))
    assert re.findall(r"class=\"scene (\w+)\"", drawn) == ["done", "now", "ahead"]


def test_scenes_that_were_stored_one_by_one_count_whatever_their_order():
    stored = e.SceneStored(scene=3, sha256="s", size_bytes=1, duration_seconds=3.0)
    drawn = scenes(shown(APPROVED, requested(scene=3), stored))
    assert re.findall(r"class=\"scene (\w+)\"", drawn) == ["ahead", "ahead", "done"]


def test_the_past_knows_nothing_of_the_future():
    then = shown(APPROVED, requested(), failed(), version=2)
    assert not then.is_newest
    assert "out of memory" not in attempts(then) + timeline(then)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0123, "12 ms"),
        (1.25, "1.2 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (3660, "1 h 1 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_are_no_finer_than_they_are_worth(seconds, text):
    assert formats.span(seconds) == text
