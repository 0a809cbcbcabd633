"""The description of the bus (AsyncAPI 3.0): every subject, its bodies and headers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.http.schemas import SCHEMAS, PlainSchema
from service.intake.approval import ApprovalBody
from service.intake.commands import CommandMessage, CommandReply, ProblemReply, RetryMessage
from service.intake.rejections import RejectedMessage
from service.log_readers.announcements import (
    CANCELLED,
    COMPLETED,
    FAILED,
    PROGRESS,
    CancelledMessage,
    CompletedMessage,
    FailedMessage,
    ProgressMessage,
)

Document = dict[str, Any]

_MESSAGE: Final = "#/components/messages/{}"
_QUEUE: Final[Document] = {"nats": {"queue": "reelwright", "bindingVersion": "0.1.0"}}
_HEADERS: Final[Document] = {
    "type": "object",
    "properties": {
        "Nats-Msg-Id": {"type": "string", "description": "event id and subject; the same announcement has the same"},
        "Reelwright-Cursor": {"type": "string", "pattern": "^[0-9]+/[01]$", "description": "position and part"},
        "Reelwright-Render": {"type": "string", "description": "the provider's id of an accepted or settled one"},
        "ce-specversion": {"const": "1.0"},
        "ce-id": {"type": "string"},
        "ce-source": {"type": "string"},
        "ce-type": {"type": "string"},
        "ce-subject": {"type": "string", "description": "the job_id"},
        "ce-time": {"type": "string", "format": "date-time"},
        "content-type": {"const": "application/json"},
        "traceparent": {"type": "string"},
    },
}
_ANNOUNCED: Final = (
    ("videoProgress", PROGRESS, ProgressMessage, "Every stored event, in order"),
    ("videoCompleted", COMPLETED, CompletedMessage, "A job has its video"),
    ("videoFailed", FAILED, FailedMessage, "A job has failed"),
    ("videoCancelled", CANCELLED, CancelledMessage, "A job was cancelled"),
)
_BODIES: Final[Mapping[str, tuple[type[BaseModel], str]]] = {
    "approval": (ApprovalBody, "An approved storyboard"),
    "rejection": (RejectedMessage, "What was rejected, and why"),
    "command": (CommandMessage, "A command to a job"),
    "retry": (RetryMessage, "A job to try again, or the render that a person found"),
    "reply": (CommandReply, "The command was carried out"),
    "problem": (ProblemReply, "The command was not carried out"),
}
_REPLIES: Final = ("reply", "problem")
_COMMANDS: Final = (("cancelJob", "reelwright.cancel", "command"), ("retryJob", "reelwright.retry", "retry"))


def document() -> Document:
    """Return the description."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Reelwright",
            "version": version("reelwright"),
            "description": "Takes approved storyboards and announces how their videos are made.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"nats": {"host": "localhost:4222", "protocol": "nats", "description": "NATS with JetStream"}},
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _channels() -> Document:
    channels = {
        "storyboardApproved": _channel("storyboard.approved", "Stream STORYBOARD", "approval"),
        "storyboardRejected": _channel("storyboard.rejected", "Stream STORYBOARD", "rejection"),
        "replies": _channel(None, "The reply subject of a request", *_REPLIES),
    }
    for name, subject, _, _ in _ANNOUNCED:
        channels[name] = _channel(subject, "Stream VIDEO", name)
    for name, subject, message in _COMMANDS:
        channels[name] = _channel(subject, "Core NATS request/reply", message)
    return channels


def _channel(address: str | None, description: str, *messages: str) -> Document:
    return {
        "address": address,
        "description": description,
        "messages": {message: {"$ref": _MESSAGE.format(message)} for message in messages},
    }


def _operations() -> Document:
    operations = {
        "receiveApproval": _operation("receive", "storyboardApproved", "approval", "Take an approved storyboard"),
        "sendRejection": _operation("send", "storyboardRejected", "rejection", "Record what was rejected"),
    }
    for name, _, _, summary in _ANNOUNCED:
        operations[f"send{name[0].upper()}{name[1:]}"] = _operation("send", name, name, summary)
    for name, subject, message in _COMMANDS:
        operation = _operation("receive", name, message, f"Take a command: {subject.partition('.')[2]}")
        replies = [_ref("channels", "replies", "messages", reply) for reply in _REPLIES]
        reply = {"channel": _ref("channels", "replies"), "messages": replies}
        operations[name] = {**operation, "bindings": _QUEUE, "reply": reply}
    return operations


def _operation(action: str, channel: str, message: str, summary: str) -> Document:
    return {
        "action": action,
        "summary": summary,
        "channel": _ref("channels", channel),
        "messages": [_ref("channels", channel, "messages", message)],
    }


def _messages() -> Document:
    messages: Document = {
        name: {"title": title, "payload": _schema(body.__name__)} for name, (body, title) in _BODIES.items()
    }
    for name, _, body, summary in _ANNOUNCED:
        messages[name] = {"title": summary, "headers": _schema("Headers"), "payload": _schema(body.__name__)}
    return {name: {"name": name, **message} for name, message in messages.items()}


def _schema(name: str) -> Document:
    return {"$ref": SCHEMAS.format(model=name)}


def _schemas() -> Document:
    bodies = [body for _, _, body, _ in _ANNOUNCED]
    _, sent = msgspec.json.schema_components(bodies, ref_template=SCHEMAS.format(model="{name}"))
    _, read = models_json_schema(
        [(body, "validation") for body, _ in _BODIES.values()], ref_template=SCHEMAS, schema_generator=PlainSchema
    )
    return {**read["$defs"], "Headers": _HEADERS, **{name: _with_numbers(schema) for name, schema in sent.items()}}


def _with_numbers(schema: object) -> object:
    """Describe money as a number: the encoder writes numbers where its schema says decimal strings."""
    if isinstance(schema, Mapping):
        if schema.get("format") == "decimal":
            return {"type": "number", "description": "USD"}
        return {name: _with_numbers(member) for name, member in schema.items()}
    return [_with_numbers(item) for item in schema] if isinstance(schema, list) else schema


def _ref(*path: str) -> Document:
    return {"$ref": "/".join(("#", *path))}
