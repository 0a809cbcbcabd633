"""Drives jobs through real decisions, so that every stored history in these tests is one the product could write."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce

import uuid_utils

from domain import events as e
from domain.evolve import evolve
from domain.job import Job
from domain.records import Append, Lease, NewEvent
from domain.storyboard import OutputWishes, Scene

START = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def new_id() -> str:
    return str(uuid_utils.uuid7())


def approved(**changes: object) -> e.StoryboardApproved:
    scenes = (Scene(scene_number=1, image_url="https://example.test/1.png", description="a hill"),)
    fields = {"storyboard": scenes, "output": OutputWishes(), "storyboard_hash": "h", "estimated_cost": Decimal("2.50")}
    return e.StoryboardApproved(**{**fields, **changes})


def requested(*, attempt: int = 1, token: str | None = None, model: str | None = None, request_hash: str | None = None):
    token = token or new_id()
    return e.RenderRequested(
        attempt=attempt,
        token=token,
        renderer="noop",
        model=model,
        request_hash=request_hash or token,
        deadline=START + timedelta(minutes=10),
        image_cost=Decimal("0.003"),
    )


def progressed(percent: int = 5) -> e.RenderProgressed:
    return e.RenderProgressed(percent=percent, scenes_completed=0, current_scene=1, estimated_completion_seconds=90)


def attempt_failed(*, retry_at: datetime, seconds: float) -> e.RenderAttemptFailed:
    return e.RenderAttemptFailed(
        attempt=1,
        reason="the provider failed",
        cost=Decimal(0),
        basis="not_billed",
        tries=1,
        tries_allowed=3,
        retry_at=retry_at,
        retry_in_seconds=seconds,
    )


def finished() -> tuple[e.Event, ...]:
    """A whole life after the request."""
    return (
        e.RenderAccepted(attempt=1, render_id=new_id()),
        e.RenderSucceeded(
            attempt=1,
            output_url="https://example.test/out.mp4",
            duration_seconds=3.0,
            expires_at=None,
            download_until=START + timedelta(hours=1),
            cost=Decimal("0.30"),
            basis="asked_duration",
        ),
        e.VideoStored(size_bytes=2048, sha256="ab" * 32, duration_seconds=3.0),
        e.VideoCompleted(
            video_url="/api/videos/1/data",
            size_bytes=2048,
            sha256="ab" * 32,
            duration_seconds=3.0,
            width=1280,
            height=720,
            codec="h264",
            actual_cost=Decimal("0.30"),
            image_cost=Decimal("0.003"),
            attempt_costs=(),
        ),
    )


@dataclass
class Drive:
    """One job as its worker sees it: `step` gives the entry that takes it one write further."""

    job: Job = field(default_factory=lambda: Job(job_id=f"job-{next(_numbers)}"))
    lease: Lease | None = None

    @property
    def job_id(self) -> str:
        return self.job.job_id

    def step(self, *events: e.Event, release: bool = False, ids: tuple[str, ...] = ()) -> Append:
        entry = self.peek(*events, release=release, ids=ids)
        self.job = entry.job
        return entry

    def peek(self, *events: e.Event, release: bool = False, ids: tuple[str, ...] = ()) -> Append:
        """The entry without taking the step: as a rival would write it."""
        headline = tuple(
            NewEvent(event_id=event_id, event=event)
            for event_id, event in zip(ids or [new_id() for _ in events], events, strict=True)
        )
        return Append(job=reduce(evolve, events, self.job), events=headline, lease=self.lease, release=release)
