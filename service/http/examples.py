"""Examples for /openapi.json. Answers are made as the routes make them, from a small history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from domain.events import RenderAccepted, RenderProgressed, RenderRequested, StoryboardApproved
from domain.evolve import replay
from domain.records import Recorded
from domain.storyboard import OutputWishes, Scene
from domain.summary import summarize
from service.http.schemas import Check, LinkView, Ready, Uploaded
from service.jobs.listing import JobPage
from service.jobs.views import event_view, job_view, page_view

_CREATED: Final = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
_UPDATED: Final = _CREATED + timedelta(seconds=31.25)
_SCENE: Final = Scene(
    scene_number=1, image_url="https://images.example/1.png", description="A lighthouse at dawn", duration_seconds=3.0
)
_EVENTS: Final = (
    StoryboardApproved(
        storyboard=tuple(replace(_SCENE, scene_number=number) for number in range(1, 6)),
        output=OutputWishes(),
        storyboard_hash="",
        estimated_cost=Decimal("2.50"),
    ),
    RenderRequested(
        attempt=1,
        token="",
        renderer="replicate",
        model="owner/model",
        request_hash="",
        deadline=_UPDATED,
        image_cost=Decimal(0),
    ),
    RenderAccepted(attempt=1, render_id="a1b2c3"),
    RenderProgressed(percent=40, scenes_completed=2, current_scene=3, estimated_completion_seconds=95),
)
_JOB: Final = replay("123", _EVENTS)
_SUMMARY: Final = summarize(_JOB, created_at=_CREATED, updated_at=_UPDATED, position=17)
_RECORDED: Final = Recorded(
    position=_SUMMARY.position,
    job_id=_JOB.job_id,
    version=_JOB.version,
    event_id="019abcde-0000-7000-8000-000000000004",
    event=_EVENTS[-1],
    recorded_at=_UPDATED,
    metadata={},
)
JOB: Final = job_view(_JOB, _SUMMARY)
PAGE: Final = page_view(JobPage(jobs=[_SUMMARY], next_cursor=None))
EVENT: Final = event_view(_RECORDED)
APPROVAL: Final = {
    "job_id": 123,
    "approved": True,
    "estimated_cost": 2.5,
    "storyboard": [
        {"image_url": "https://images.example/1.png", "description": "A lighthouse at dawn", "duration_seconds": 3.0}
    ],
    "output": {"width": 1280, "height": 720, "fps": 30, "format": "mp4"},
}
COMMAND: Final = {"by": "ada", "reason": "wrong storyboard"}
RETRY: Final = {"by": "ada", "render_id": "a1b2c3"}
UPLOADED: Final = Uploaded(image_url="/api/images/" + "0f" * 32)
LINK: Final = LinkView(
    video_url="https://videos.example/api/videos/123/data?expires=1795385631&signature=" + "x" * 43,
    thumbnail_url="https://videos.example/api/videos/123/thumbnail?expires=1795385631&signature=" + "y" * 43,
    expires_at="2026-11-22T19:00:31.000000Z",
)
READY: Final = Ready(ready=True, checks={"database": Check(ok=True, reason="answers")})
STREAM: Final = 'id: 17\nevent: RenderProgressed\ndata: {"job_id": "123", "sequence": 4, "percent": 40, …}\n\n'
DETAILS: Final = {
    "job_not_found": "No job has the id '124'",
    "render_not_found": "replicate does not know a render a1b2c3: copy the id from its page at the provider",
    "illegal_move": "RetryRequested is not possible while a job is completed",
    "storyboard_conflict": "Job 123 was already approved with another storyboard",
    "storyboard_refused": "Scene 2 is missing image",
    "unreadable_approval": "No usable job_id",
    "image_refused": "not an image that can be read: JPEG, PNG or WebP is wanted",
    "unavailable": "The database does not answer",
    "provider_unavailable": "renderer: this render was requested from replicate, which is not configured any more",
    "not_ready": "nats: no connection",
}
