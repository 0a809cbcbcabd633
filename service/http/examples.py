"""Examples that /openapi.json shows; a test holds them to the shapes."""

from __future__ import annotations

from typing import Final

_SUMMARY: Final = {
    "job_id": "123",
    "status": "rendering",
    "approved": True,
    "progress": {
        "current_stage": "rendering",
        "scenes_total": 5,
        "scenes_completed": 2,
        "current_scene": 3,
        "estimated_completion_seconds": 95,
        "message": "Rendering video from images...",
        "percent": 40,
    },
    "video_url": None,
    "thumbnail_url": None,
    "estimated_cost": 2.5,
    "actual_cost": 0.0,
    "attempts": 1,
    "error_message": None,
    "waiting_for": None,
    "version": 4,
    "position": 17,
    "created_at": "2026-11-22T18:00:00.000000Z",
    "updated_at": "2026-11-22T18:00:31.250000Z",
}
JOB: Final = {
    **_SUMMARY,
    "storyboard": [
        {
            "scene_number": 1,
            "image_url": "https://images.example/1.png",
            "description": "A lighthouse at dawn",
            "duration_seconds": 3.0,
            "image_prompt": None,
        }
    ],
    "warnings": [],
}
PAGE: Final = {"jobs": [_SUMMARY], "next": None}
EVENT: Final = {
    "version": 4,
    "position": 17,
    "type": "RenderProgressed",
    "data": {"percent": 40, "scenes_completed": 2, "current_scene": 3, "estimated_completion_seconds": 95},
    "metadata": {},
    "recorded_at": "2026-11-22T18:00:31.250000Z",
    "event_id": "019abcde-0000-7000-8000-000000000004",
}
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
UPLOADED: Final = {"image_url": "/api/images/" + "0f" * 32}
LINK: Final = {
    "video_url": "https://videos.example/api/videos/123/data?expires=1795385631&signature=" + "x" * 43,
    "thumbnail_url": "https://videos.example/api/videos/123/thumbnail?expires=1795385631&signature=" + "y" * 43,
    "expires_at": "2026-11-22T19:00:31.000000Z",
}
READY: Final = {"ready": True, "checks": {"database": {"ok": True, "reason": "answers"}}}
STREAM: Final = 'id: 17\nevent: RenderProgressed\ndata: {"job_id": "123", "sequence": 4, "percent": 40, …}\n\n'
DETAILS: Final = {
    "job_not_found": "No job has the id '124'",
    "illegal_move": "RetryRequested is not possible while a job is completed",
    "storyboard_conflict": "Job 123 was already approved with another storyboard",
    "storyboard_refused": "Scene 2 is missing image",
    "unreadable_approval": "No usable job_id",
    "image_refused": "not an image that can be read: JPEG, PNG or WebP is wanted",
    "unavailable": "The database does not answer",
    "not_ready": "nats: no connection",
}
