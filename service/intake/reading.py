"""What arrives: an approval read from the bus or from HTTP into an order for a job, or a reason why it cannot be."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import pydantic_core

from domain.commands import Approve, RefuseStoryboard
from domain.storyboard import (
    NO_STORYBOARD,
    NOT_APPROVED,
    Refusal,
    read_output,
    read_storyboard,
    storyboard_hash,
)

LARGEST_APPROVAL_BYTES = 512 * 1024
KEPT_BYTES = 64 * 1024
LARGEST_ESTIMATE = Decimal(10) ** 9
"""USD. What is above would overflow the comparison with the actual cost, or swell every message that says it."""
SMALLEST_STEP = Decimal("0.000001")
LONGEST_ESTIMATE = 20
"""Letters. A longer number is rounded to the smallest step."""
JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class UnreadableError(ValueError):
    """The message names no job, so nothing can be recorded under one; `errors` says everything that is wrong."""

    def __init__(self, reason: str, *errors: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.errors = errors or (reason,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A message that could be read: the job it names and the order it means."""

    job_id: str
    command: Approve | RefuseStoryboard


def read_approval(payload: bytes) -> Approval:
    """Read a `storyboard.approved` body. Raises UnreadableError when it is too large, no JSON, or names no job."""
    if len(payload) > LARGEST_APPROVAL_BYTES:
        raise UnreadableError(f"Too large: {len(payload)} bytes, at most {LARGEST_APPROVAL_BYTES} are read")
    try:
        body = pydantic_core.from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        raise UnreadableError("Not JSON", str(error)) from error
    if not isinstance(body, dict):
        raise UnreadableError("Not a JSON object")
    job_id = read_job_id(body.get("job_id"))
    return Approval(job_id=job_id, command=_order(body, payload))


def read_job_id(raw: object) -> str:
    """Return the job's id as a string. Raises UnreadableError when it is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | str) or not JOB_ID.fullmatch(str(raw)):
        raise UnreadableError(
            "No usable job_id", f"job_id must be an integer or match {JOB_ID.pattern}, it is {str(raw)[:100]!r}"
        )
    return str(raw)


def _order(body: dict[str, object], payload: bytes) -> Approve | RefuseStoryboard:
    try:
        if body.get("approved", True) is not True:
            raise Refusal(NOT_APPROVED)
        storyboard = body["storyboard"] if body.get("storyboard") is not None else body.get("storyboard_data")
        scenes = read_storyboard(storyboard)
        output = read_output(body.get("output"))
        return Approve(
            storyboard=scenes,
            output=output,
            storyboard_hash=storyboard_hash(scenes, output),
            estimated_cost=_money(body.get("estimated_cost")),
        )
    except Refusal as refusal:
        return refuse(payload, reason=str(refusal) or NO_STORYBOARD)


def refuse(payload: bytes, *, reason: str) -> RefuseStoryboard:
    """Return the order that keeps a message as the reason why a job was refused."""
    return RefuseStoryboard(
        reason=reason,
        received=payload[:KEPT_BYTES].decode(errors="replace").replace("\x00", "\ufffd"),
        received_hash=hashlib.sha256(payload).hexdigest(),
    )


def _money(raw: object) -> Decimal | None:
    """An estimate that is no amount of money is no estimate: it never stops a job."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        amount = Decimal(str(raw))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= LARGEST_ESTIMATE:
        return None
    rounded = amount.quantize(SMALLEST_STEP)
    return amount if amount == rounded and len(str(raw)) <= LONGEST_ESTIMATE else rounded
