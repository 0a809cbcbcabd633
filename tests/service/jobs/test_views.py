"""What clients read of a job, to the letter: programs may compare it, and the live stream sends it with every event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import reduce
from typing import get_args

import pytest

from domain import events as e
from domain.evolve import evolve
from domain.job import Job
from domain.machine import Status
from domain.records import Recorded
from domain.storyboard import Scene
from domain.summary import summarize
from domain.warnings import JobWarning
from service.jobs.views import StatusName, event_view, job_view, summary_view, to_json
from tests.adapters.sql.drives import approved, attempt_failed, progressed, requested

CREATED = datetime(2026, 11, 22, 20, 0, tzinfo=timezone(timedelta(hours=2)))
UPDATED = datetime(2026, 11, 22, 18, 0, 31, 250, tzinfo=UTC)

RENDERING = (
    b'{"job_id":"a","status":"rendering","approved":true,"progress":{"current_stage":"rendering","scenes_total":1,'
    b'"scenes_completed":0,"current_scene":1,"estimated_completion_seconds":90,'
    b'"message":"Rendering video from images...","percent":40},"video_url":null,"thumbnail_url":null,'
    b'"estimated_cost":2.50,"actual_cost":0,"list_price":null,"attempts":1,"error_message":null,"waiting_for":null,"version":3,'
    b'"position":17,"created_at":"2026-11-22T18:00:00.000000Z","updated_at":"2026-11-22T18:00:31.000250Z"}'
)
WAITING = (
    b'{"job_id":"a","status":"rendering","approved":true,"progress":{"current_stage":"rendering","scenes_total":1,'
    b'"scenes_completed":0,"current_scene":null,"estimated_completion_seconds":null,'
    b'"message":"Retrying in 30s (attempt 2/3)...","percent":0},"video_url":null,"thumbnail_url":null,'
    b'"estimated_cost":null,"actual_cost":0,"list_price":null,"attempts":1,"error_message":null,'
    b'"waiting_for":"retry at 18:00:31 UTC: the provider failed","version":3,'
    b'"position":17,"created_at":"2026-11-22T18:00:00.000000Z","updated_at":"2026-11-22T18:00:31.000250Z"}'
)
REFUSED = (
    b'{"job_id":"a","status":"failed","approved":false,"progress":{"current_stage":"failed","scenes_total":0,'
    b'"scenes_completed":0,"current_scene":null,"estimated_completion_seconds":null,'
    b'"message":"Scene 2 is missing image","percent":0},"video_url":null,"thumbnail_url":null,"estimated_cost":null,'
    b'"actual_cost":0,"list_price":null,"attempts":0,"error_message":"Scene 2 is missing image",'
    b'"waiting_for":null,"version":1,'
    b'"position":17,"created_at":"2026-11-22T18:00:00.000000Z","updated_at":"2026-11-22T18:00:31.000250Z",'
    b'"storyboard":[],"warnings":[]}'
)
COMPLETED = (
    b'{"job_id":"a","status":"completed","approved":true,"progress":{"current_stage":"completed","scenes_total":2,'
    b'"scenes_completed":2,"current_scene":null,"estimated_completion_seconds":0,'
    b'"message":"Video rendering complete!","percent":100},"video_url":"/api/videos/a/data",'
    b'"thumbnail_url":"/api/videos/a/thumbnail","estimated_cost":null,"actual_cost":0.305,"list_price":null,"attempts":1,'
    b'"error_message":null,"waiting_for":null,"version":6,"position":17,"created_at":"2026-11-22T18:00:00.000000Z",'
    b'"updated_at":"2026-11-22T18:00:31.000250Z","storyboard":['
    b'{"scene_number":1,"image_url":"https://example.test/1.png","description":"a hill","duration_seconds":3.0,'
    b'"image_prompt":null},'
    b'{"scene_number":2,"image_url":"data:,","description":"","duration_seconds":1.25,"image_prompt":"d\xc3\xa4mmerung"}],'
    b'"warnings":[{"field":"output.width","scene":2,"message":"narrow","did_you_mean":null}]}'
)
FAILED_EVENT = (
    b'{"version":3,"position":17,"type":"RenderAttemptFailed","data":{"attempt":1,"reason":"the provider failed",'
    b'"cost":0,"basis":"not_billed","tries":1,"tries_allowed":3,'
    b'"retry_at":"2026-11-22T18:00:31.000250Z","retry_in_seconds":30,"scene":null},"metadata":{"renderer":"noop"},'
    b'"recorded_at":"2026-11-22T18:00:31.000250Z","event_id":"019abcde-0000-7000-8000-000000000004"}'
)


def job_after(*events: e.Event) -> Job:
    return reduce(evolve, events, Job(job_id="a"))


def stored() -> tuple[e.Event, ...]:
    scenes = (
        Scene(scene_number=1, image_url="https://example.test/1.png", description="a hill"),
        Scene(scene_number=2, image_url="data:,", duration_seconds=1.25, image_prompt="dämmerung"),
    )
    warning = JobWarning(field="output.width", scene=2, message="narrow")
    return (
        approved(storyboard=scenes, estimated_cost=None),
        requested(),
        e.RenderAccepted(attempt=1, render_id="r"),
        e.RenderSucceeded(
            attempt=1,
            output_url="https://example.test/out.mp4",
            duration_seconds=4.25,
            expires_at=None,
            download_until=UPDATED,
            cost=Decimal("0.30"),
            basis="asked_duration",
        ),
        e.VideoStored(size_bytes=2048, sha256="ab" * 32, duration_seconds=4.25, warnings=(warning,)),
        e.VideoCompleted(
            video_url="/api/videos/a/data",
            size_bytes=2048,
            sha256="ab" * 32,
            duration_seconds=4.25,
            width=1280,
            height=720,
            codec="h264",
            actual_cost=Decimal("0.305"),
            image_cost=Decimal("0.006"),
            attempt_costs=(),
        ),
    )


@pytest.mark.parametrize(
    ("events", "shown"),
    [
        ((approved(), requested(), progressed(40)), RENDERING),
        ((approved(estimated_cost=None), requested(), attempt_failed(retry_at=UPDATED, seconds=30)), WAITING),
    ],
)
def test_a_list_shows_the_same_bytes_for_the_same_job(events: tuple[e.Event, ...], shown: bytes) -> None:
    summary = summarize(job_after(*events), created_at=CREATED, updated_at=UPDATED, position=17)
    assert to_json(summary_view(summary)) == shown


@pytest.mark.parametrize(
    ("events", "shown"),
    [
        ((e.StoryboardRefused(reason="Scene 2 is missing image", received="{}", received_hash="0"),), REFUSED),
        (stored(), COMPLETED),
    ],
)
def test_a_whole_job_is_shown_as_the_same_bytes(events: tuple[e.Event, ...], shown: bytes) -> None:
    job = job_after(*events)
    summary = summarize(job, created_at=CREATED, updated_at=UPDATED, position=17)
    assert to_json(job_view(job, summary)) == shown


def test_a_stored_event_is_shown_as_the_same_bytes() -> None:
    recorded = Recorded(
        position=17,
        job_id="a",
        version=3,
        event_id="019abcde-0000-7000-8000-000000000004",
        event=attempt_failed(retry_at=UPDATED, seconds=30),
        recorded_at=UPDATED,
        metadata={"renderer": "noop"},
    )
    assert to_json(event_view(recorded)) == FAILED_EVENT


def test_the_statuses_that_clients_are_told_are_those_that_a_stored_job_can_have() -> None:
    assert get_args(StatusName) == tuple(status.value for status in Status if status is not Status.NEW)


def test_a_cost_that_no_reader_of_json_can_hold_is_shown_as_unknown() -> None:
    job = job_after(approved(estimated_cost=Decimal("1e400")))
    shown = to_json(summary_view(summarize(job, created_at=CREATED, updated_at=UPDATED, position=1)))
    assert b'"estimated_cost":null' in shown
