"""Events as frames of a live stream: what `video.progress` says, the position, and the job after the event."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from domain.summary import summarize
from domain.times import time_text
from service.jobs.folding import FoldedEvent
from service.jobs.views import summary_view, to_json
from service.log_readers.announcements import announcements


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One event, encoded for the live stream."""

    position: int
    job_id: str
    text: bytes


def encode_frame(kind: str, position: int, body: object) -> bytes:
    """Return a frame of `text/event-stream`. The JSON of this encoder has no line breaks."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (position, kind.encode(), to_json(body))


def event_frame(event: FoldedEvent) -> Frame:
    """Return the frame of one event."""
    recorded, job = event.recorded, event.job
    summary = summarize(job, created_at=event.created_at, updated_at=recorded.recorded_at, position=recorded.position)
    body = {
        **msgspec.json.decode(announcements(recorded, job)[0].body),
        "position": recorded.position,
        "version": recorded.version,
        "event_id": recorded.event_id,
        "recorded_at": time_text(recorded.recorded_at),
        "job": summary_view(summary),
    }
    text = encode_frame(type(recorded.event).__name__, recorded.position, body)
    return Frame(position=recorded.position, job_id=recorded.job_id, text=text)
