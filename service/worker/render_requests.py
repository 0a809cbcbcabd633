"""Render requests as the renderers take them."""

from __future__ import annotations

from datetime import datetime

from domain.job import Job
from domain.rendering import RenderRequest


def render_request_of(job: Job, token: str, deadline: datetime) -> RenderRequest:
    """Return the render request for the whole storyboard in one render."""
    return RenderRequest(job_id=job.job_id, token=token, scenes=job.storyboard, output=job.output, deadline=deadline)
