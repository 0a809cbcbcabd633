"""What is said on the bus about each event: bodies, subjects and headers, byte by byte."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from domain import events as e
from domain.evolve import evolve
from domain.job import Job
from domain.records import Recorded
from service.log_readers.announcements import Announcement, announcements
from tests.service.log_readers.announcing import MemoryStore, approved, completed, life, requested

BODY_LIMIT = 64 * 1024


def said(*events: e.Event, job_id: str = "123", **metadata: str) -> list[tuple[Announcement, ...]]:
    """The messages of each event of one job, in turn."""
    store, job = MemoryStore(), Job(job_id=job_id)
    at = datetime(2026, 11, 22, 18, 0, 0, 123_999, tzinfo=UTC)
    answers = []
    for recorded in store.record(job_id, *events, at=at, **metadata):
        job = evolve(job, recorded.event)
        answers.append(announcements(recorded, job))
    return answers


def body(announcement: Announcement) -> dict[str, object]:
    return json.loads(announcement.body, parse_float=Decimal)


def test_the_news_of_progress() -> None:
    (log_signal,) = said(*life()[:4])[-1]
    assert log_signal.subject == "video.progress"
    assert list(body(log_signal).items()) == [
        ("job_id", "123"),
        ("sequence", 4),
        ("event", "RenderProgressed"),
        ("status", "rendering"),
        ("current_stage", "rendering"),
        ("percent", 40),
        ("message", "Rendering video from images..."),
        ("attempt", 1),
        ("scenes_total", 2),
        ("scenes_completed", 1),
        ("current_scene", 2),
        ("estimated_completion_seconds", 95),
        ("occurred_at", "2026-11-22T18:00:00.123Z"),
    ]


def test_the_headers_are_cloud_events_and_name_message_and_place() -> None:
    log_signal, last = said(*life())[-1]
    assert dict(last.headers) == {
        "Nats-Msg-Id": "event-7/video.completed",
        "Reelwright-Cursor": "7/1",
        "ce-specversion": "1.0",
        "ce-id": "event-7/video.completed",
        "ce-source": "/reelwright",
        "ce-type": "reelwright.VideoCompleted",
        "ce-subject": "123",
        "ce-time": "2026-11-22T18:00:00.123Z",
        "content-type": "application/json",
    }
    assert log_signal.headers["ce-id"] == "event-7/video.progress"
    assert log_signal.headers["Reelwright-Cursor"] == "7/0"


def test_an_end_is_news_and_then_the_last_word() -> None:
    log_signal, last = said(*life())[-1]
    assert (log_signal.subject, last.subject) == ("video.progress", "video.completed")
    assert (log_signal.position, log_signal.part, last.position, last.part) == (7, 0, 7, 1)
    common = body(log_signal)
    assert body(last) == common | {
        "video_url": "/api/videos/123/data",
        "duration_seconds": Decimal("6.0"),
        "size_bytes": 2048,
        "sha256": "c" * 64,
        "estimated_cost": Decimal("2.5"),
        "actual_cost": Decimal("0.61"),
        "list_price": None,
        "attempts": 1,
    }
    assert (common["percent"], common["message"]) == (100, "Video rendering complete!")


def test_money_is_a_number_without_rounding() -> None:
    _, last = said(*life())[-1]
    assert b'"estimated_cost":2.5,"actual_cost":0.61,' in last.body


def test_a_failure_says_why_and_where() -> None:
    failed = e.RenderAttemptFailed(
        attempt=1,
        reason="out of paint",
        cost=Decimal("0.1"),
        basis="asked_duration",
        tries=1,
        tries_allowed=1,
        retry_at=None,
        retry_in_seconds=None,
    )
    log_signal, last = said(approved(), requested(), failed, e.JobFailed(stage="rendering", reason="out of paint"))[-1]
    assert last.subject == "video.failed"
    assert body(last) == body(log_signal) | {
        "error": "out of paint",
        "stage": "rendering",
        "attempts": 1,
        "actual_cost": Decimal("0.10"),
    }


def test_a_refused_storyboard_has_failed_while_it_was_approved() -> None:
    refused = e.StoryboardRefused(reason="Scene 2 is missing image", received="{}", received_hash="d" * 64)
    log_signal, last = said(refused)[-1]
    assert (log_signal.subject, last.subject) == ("video.progress", "video.failed")
    assert body(last)["error"] == "Scene 2 is missing image"
    assert body(last)["stage"] == "approved"
    assert (body(last)["status"], body(last)["current_stage"], body(last)["sequence"]) == ("failed", "failed", 1)


def test_a_cancelled_job_says_what_was_spent() -> None:
    log_signal, last = said(approved(), requested(), e.JobCancelled(by="ann", reason="changed my mind"))[-1]
    assert last.subject == "video.cancelled"
    assert body(last) == body(log_signal) | {"stage": "rendering", "attempts": 1, "actual_cost": Decimal("0.00")}
    assert body(last)["message"] == "Cancelled by ann: changed my mind"


def test_what_is_settled_after_the_end_is_news_only() -> None:
    settled = e.RenderSettled(
        attempt=1, render_id="render-1", outcome="canceled", cost=Decimal("0.2"), basis="provider_metric"
    )
    (log_signal,) = said(approved(), requested(), e.JobCancelled(by="ann"), settled)[-1]
    assert (log_signal.subject, body(log_signal)["status"], body(log_signal)["sequence"]) == (
        "video.progress",
        "cancelled",
        4,
    )


def test_every_event_of_the_noop_renderer_says_so() -> None:
    for answer in said(*life(), renderer="noop"):
        for announcement in answer:
            assert body(announcement)["renderer"] == "noop"
    assert all("renderer" not in body(one) for answer in said(*life(), renderer="slideshow") for one in answer)


def test_a_video_without_a_file_has_no_url() -> None:
    nothing = replace(completed(), video_url=None, sha256=None, size_bytes=0)
    _, last = said(*life()[:-1], nothing)[-1]
    assert body(last)["video_url"] is None
    assert body(last)["sha256"] is None


@pytest.mark.parametrize("letter", ["x", "ü", "🎬", "\x01", '"'])
def test_long_texts_are_cut_so_that_no_body_is_above_64_kib(letter: str) -> None:
    long = letter * 200_000
    for answer in (
        said(approved(), e.JobFailed(stage="approved", reason=long))[-1],
        said(e.StoryboardRefused(reason=long, received=long, received_hash="d"))[-1],
        said(approved(), e.JobCancelled(by="ann", reason=long))[-1],
    ):
        for announcement in answer:
            assert len(announcement.body) <= BODY_LIMIT
            assert str(body(announcement)["message"]).endswith("…")
    assert str(body(answer[-1])["message"]).startswith("Cancelled by ann: " + letter)


def test_the_trace_goes_along_where_there_is_one() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert said(approved(), traceparent=trace)[0][0].headers["traceparent"] == trace
    assert "traceparent" not in said(approved())[0][0].headers


def test_no_header_can_be_broken_by_what_it_carries() -> None:
    """CloudEvents percent-encodes what may not stand in a header; a line break would begin another one."""
    (log_signal,) = said(approved(), traceparent='a b"\r\nNats-Rollup: all%é')[0]
    assert log_signal.headers["traceparent"] == "a%20b%22%0D%0ANats-Rollup:%20all%25%C3%A9"


def test_times_are_told_in_utc() -> None:
    store = MemoryStore()
    at = datetime(2026, 11, 22, 20, 0, 0, 1500, tzinfo=timezone(timedelta(hours=2)))
    (recorded,) = store.record("123", approved(), at=at)
    (log_signal,) = announcements(recorded, evolve(Job(job_id="123"), recorded.event))
    assert body(log_signal)["occurred_at"] == "2026-11-22T18:00:00.001Z"


def test_the_same_event_gives_the_same_bytes() -> None:
    assert said(*life()) == said(*life())


def test_every_kind_of_event_that_ends_a_job_has_a_last_word() -> None:
    """A new final event without a subject of its own would be lost for those who wait for an end."""
    for kind in e.FINAL_EVENTS:
        assert kind in {"StoryboardRefused", "VideoCompleted", "JobFailed", "JobCancelled"}


def test_a_recorded_event_of_a_job_is_numbered_by_its_version() -> None:
    numbers = [body(answer[0])["sequence"] for answer in said(*life())]
    assert numbers == [1, 2, 3, 4, 5, 6, 7]
    assert isinstance(MemoryStore().record("1", approved())[0], Recorded)
