"""The messages that announce an event on the bus. Pure: the same event always gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from domain import events as e
from domain.job import Job
from domain.records import Recorded
from domain.times import time_text

PROGRESS, COMPLETED, FAILED, CANCELLED = "video.progress", "video.completed", "video.failed", "video.cancelled"
LONGEST_TEXT = 4000
"""Letters of one text. Two texts, with six bytes for each escaped letter, fit into the 64 KiB of a body."""

SOURCE = "/reelwright"
RENDER_HEADER = "Reelwright-Render"
"""The provider's id of a render, where the event names one: after a restore only the stream may know it."""
TYPE_PREFIX = "reelwright."


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One message for the stream. `part` is 0 for the progress message of an event, 1 for the final one after it."""

    position: int
    part: int
    subject: str
    body: bytes
    headers: Mapping[str, str]


class ProgressMessage(msgspec.Struct, kw_only=True, frozen=True):
    """The body of video.progress, and the beginning of every other."""

    job_id: str
    sequence: int
    event: str
    status: str
    current_stage: str
    percent: int
    message: str
    attempt: int
    scenes_total: int
    scenes_completed: int
    current_scene: int | None
    estimated_completion_seconds: int | None
    occurred_at: str
    renderer: str | UnsetType = UNSET


class CompletedMessage(ProgressMessage, kw_only=True, frozen=True):
    """The body of video.completed. `list_price`: nobody was paid, and it would have cost this; null: all was billed."""

    video_url: str | None
    duration_seconds: float
    size_bytes: int
    sha256: str | None
    estimated_cost: Decimal | None
    actual_cost: Decimal
    list_price: Decimal | None
    attempts: int


class FailedMessage(ProgressMessage, kw_only=True, frozen=True):
    """The body of video.failed. `stage` is where the job stood."""

    error: str
    stage: str
    attempts: int
    actual_cost: Decimal


class CancelledMessage(ProgressMessage, kw_only=True, frozen=True):
    """The body of video.cancelled. `stage` is where the job stood."""

    stage: str
    attempts: int
    actual_cost: Decimal


_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_UNSAFE: Final = re.compile(r"[^\x21\x23\x24\x26-\x7e]")
_NOOP: Final = "noop"


def announcements(recorded: Recorded, job: Job) -> tuple[Announcement, ...]:
    """Return the messages of one event, in order: its progress, then the final one where the event ends the job.

    `job` is the state after the event.
    """
    progress = _progress(recorded, job)
    first = _announcement(recorded, PROGRESS, progress, part=0)
    final = _final_message(recorded.event, job, progress)
    return (first,) if final is None else (first, _announcement(recorded, *final, part=1))


def _progress(recorded: Recorded, job: Job) -> ProgressMessage:
    return ProgressMessage(
        job_id=job.job_id,
        sequence=recorded.version,
        event=type(recorded.event).__name__,
        status=job.status.value,
        current_stage=job.status.value,
        percent=job.percent,
        message=_cut(job.message),
        attempt=job.attempt,
        scenes_total=len(job.storyboard),
        scenes_completed=job.scenes_completed,
        current_scene=job.current_scene,
        estimated_completion_seconds=job.estimated_completion_seconds,
        occurred_at=time_text(recorded.recorded_at, "milliseconds"),
        renderer=_NOOP if recorded.metadata.get("renderer") == _NOOP else UNSET,
    )


def _final_message(event: e.Event, job: Job, progress: ProgressMessage) -> tuple[str, ProgressMessage] | None:
    """Return (subject, body) of the final message, None where the event does not end the job."""
    if type(event).__name__ not in e.FINAL_EVENTS:
        return None
    fields = msgspec.structs.asdict(progress)
    match event:
        case e.VideoCompleted():
            return COMPLETED, CompletedMessage(
                **fields,
                video_url=event.video_url,
                duration_seconds=event.duration_seconds,
                size_bytes=event.size_bytes,
                sha256=event.sha256,
                estimated_cost=job.estimated_cost,
                actual_cost=event.actual_cost,
                list_price=event.list_price,
                attempts=job.attempt,
            )
        case e.JobFailed() | e.StoryboardRefused():
            return FAILED, FailedMessage(
                **fields,
                error=_cut(event.reason),
                stage=job.stage or "",
                attempts=job.attempt,
                actual_cost=job.actual_cost,
            )
        case e.JobCancelled():
            return CANCELLED, CancelledMessage(
                **fields, stage=job.stage or "", attempts=job.attempt, actual_cost=job.actual_cost
            )
        case _:
            return None


def _announcement(recorded: Recorded, subject: str, body: ProgressMessage, *, part: int) -> Announcement:
    return Announcement(
        position=recorded.position,
        part=part,
        subject=subject,
        body=_encode(body),
        headers=_headers(recorded, subject, body, part=part),
    )


def _headers(recorded: Recorded, subject: str, body: ProgressMessage, *, part: int) -> Mapping[str, str]:
    """Return the headers of CloudEvents 1.0 (binary mode of the NATS binding), the message id and the cursor."""
    message_id = _header_value(f"{recorded.event_id}/{subject}")
    headers = {
        "Nats-Msg-Id": message_id,
        "Reelwright-Cursor": f"{recorded.position}/{part}",
        "ce-specversion": "1.0",
        "ce-id": message_id,
        "ce-source": SOURCE,
        "ce-type": TYPE_PREFIX + body.event,
        "ce-subject": _header_value(recorded.job_id),
        "ce-time": body.occurred_at,
        "content-type": "application/json",
    }
    if isinstance(recorded.event, e.RenderAccepted | e.RenderSettled) and recorded.event.render_id:
        headers[RENDER_HEADER] = _header_value(recorded.event.render_id)
    if trace := recorded.metadata.get("traceparent"):
        headers["traceparent"] = _header_value(trace)
    return headers


def _header_value(text: str) -> str:
    """Percent-encode what a header may not contain (CloudEvents NATS binding, 3.1.3.2)."""
    return _UNSAFE.sub(_percent, text)


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode(errors="replace"))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
