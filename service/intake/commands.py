"""The messages of cancel and retry over the bus, and their replies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationError, WithJsonSchema

from service.intake.fields import JobId
from service.intake.reading import UnreadableError, read_job_id, read_object
from service.jobs.operations import LONGEST_NAME, LONGEST_REASON
from service.jobs.render_lookup import RENDER_ID, read_render_id


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


RenderName = Annotated[
    str,
    Field(strict=True),
    AfterValidator(read_render_id),
    WithJsonSchema({"type": "string", "pattern": f"^{RENDER_ID.pattern}$"}),
]


class CommandMessage(BaseModel):
    """A command to a job: which, who asks, and why. What is no name or no reason is none; a long one is cut."""

    job_id: JobId
    by: Name = "nats"
    reason: Reason = None


class RetryMessage(CommandMessage):
    """A retry; of a job that needs an operator: the render that was found, and its scene. Without an id there is none.

    What is no id, no scene or no field is refused: with a misspelt `render_id` another render would be paid.
    """

    model_config = ConfigDict(extra="forbid")

    render_id: RenderName | None = None
    scene: Annotated[int, Field(ge=1, strict=True)] | None = None


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
    """Read a `reelwright.cancel` body. Raises UnreadableError when it names no job."""
    return CommandMessage.model_validate(_with_job_id(payload))


def read_retry(payload: bytes) -> RetryMessage:
    """Read a `reelwright.retry` body. Raises UnreadableError when it names no job, or a render that cannot be one."""
    sent = _with_job_id(payload)
    try:
        return RetryMessage.model_validate(sent)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        text = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
        raise UnreadableError(text[:LONGEST_REASON]) from error


def _with_job_id(payload: bytes) -> dict[str, object]:
    sent = read_object(payload)
    return {**sent, "job_id": read_job_id(sent.get("job_id"))}
