"""Names that the world outside knows are kept to the letter."""

from __future__ import annotations

from dataclasses import fields

import pytest

from domain.events import EVENT_TYPES, FINAL_EVENTS
from domain.machine import Status

PROMISED = {
    "StoryboardApproved": {"storyboard", "estimated_cost", "output", "storyboard_hash"},
    "StoryboardRefused": {"reason", "received"},
    "RenderRequested": {"attempt", "scene", "token", "renderer", "model", "request_hash", "deadline"},
    "RenderAccepted": {"attempt", "scene", "render_id"},
    "SceneRendered": {"scene", "attempt", "output_url", "expires_at", "duration_seconds", "cost"},
    "SceneStored": {"scene", "sha256", "size_bytes", "duration_seconds", "reused_from"},
    "RenderDeferred": {"attempt", "reason", "retry_at"},
    "RenderUnresolved": {"attempt", "token"},
    "RenderResolved": {"token", "outcome", "by"},
    "RenderProgressed": {"percent", "scenes_completed", "current_scene", "estimated_completion_seconds"},
    "RenderAttemptFailed": {"attempt", "scene", "reason", "cost", "retry_at"},
    "RenderSucceeded": {"attempt", "output_url", "duration_seconds", "expires_at"},
    "DownloadAttemptFailed": {"attempt", "reason", "retry_at"},
    "VideoStored": {"size_bytes", "sha256", "duration_seconds"},
    "VideoCompleted": {
        "video_url", "size_bytes", "sha256", "duration_seconds", "width", "height", "codec",
        "actual_cost", "attempt_costs",
    },
    "JobFailed": {"stage", "reason"},
    "JobCancelled": {"by", "reason"},
    "RetryRequested": {"by"},
    "DownloadRetryRequested": {"by", "output_url", "expires_at"},
    "RenderSettled": {"attempt", "render_id", "outcome", "cost", "basis"},
}  # fmt: skip


def test_the_event_types_are_the_promised_ones() -> None:
    assert set(EVENT_TYPES) == set(PROMISED)


@pytest.mark.parametrize("name", PROMISED)
def test_an_event_has_its_promised_fields(name: str) -> None:
    assert {field.name for field in fields(EVENT_TYPES[name])} >= PROMISED[name]


def test_the_statuses_are_the_promised_ones() -> None:
    assert [str(status) for status in Status] == [
        "new",
        "approved",
        "rendering",
        "downloading",
        "completed",
        "failed",
        "cancelled",
    ]


def test_the_final_events_are_the_promised_ones() -> None:
    assert {"StoryboardRefused", "VideoCompleted", "JobFailed", "JobCancelled"} == FINAL_EVENTS
