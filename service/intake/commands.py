"""A command to a job as it comes over the bus: `{"job_id", "by"?, "reason"?}`."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from service.intake.reading import UnreadableError, read_job_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandMessage:
    """Which job is meant, who asks, and why."""

    job_id: str
    by: str
    reason: str | None


def read_command(payload: bytes) -> CommandMessage:
    """Read the body of a cancel or a retry. Raises UnreadableError; who is not named is `nats`."""
    try:
        body = msgspec.json.decode(payload)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UnreadableError("Not JSON") from error
    if not isinstance(body, dict):
        raise UnreadableError("Not a JSON object")
    by, reason = body.get("by"), body.get("reason")
    return CommandMessage(
        job_id=read_job_id(body.get("job_id")),
        by=by if isinstance(by, str) and by else "nats",
        reason=reason if isinstance(reason, str) else None,
    )
