"""The messages of cancel and retry over the bus, and their replies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, PlainValidator

from service.intake.fields import JobId
from service.intake.reading import read_job_id, read_object
from service.jobs.operations import LONGEST_NAME, LONGEST_REASON


def _name(sent: object) -> str:
    return sent[:LONGEST_NAME] if isinstance(sent, str) and sent else "nats"


def _cut_reason(sent: object) -> str | None:
    return sent[:LONGEST_REASON] if isinstance(sent, str) and sent else None


Name = Annotated[
    str,
    PlainValidator(_name, json_schema_input_type=Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]),
]
Reason = Annotated[
    str | None,
    PlainValidator(_cut_reason, json_schema_input_type=Annotated[str, Field(max_length=LONGEST_REASON)] | None),
]


class CommandMessage(BaseModel):
    """A command to a job: which, who asks, and why. What is no name or no reason is none; a long one is cut."""

    job_id: JobId
    by: Name = "nats"
    reason: Reason = None


class CommandReply(BaseModel):
    """The command was carried out. `status` is the job's."""

    ok: Literal[True] = True
    status: str


class ProblemReply(BaseModel):
    """The command was not carried out. `status` is that of the problem, as HTTP has it."""

    ok: Literal[False] = False
    title: str
    detail: str
    status: int


def read_command(payload: bytes) -> CommandMessage:
    """Read a `reelwright.cancel` or `reelwright.retry` body. Raises UnreadableError when it names no job."""
    sent = read_object(payload)
    return CommandMessage.model_validate({**sent, "job_id": read_job_id(sent.get("job_id"))})
