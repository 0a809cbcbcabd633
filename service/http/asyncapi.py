"""The description of the bus (AsyncAPI 3.0): every subject, its bodies and headers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

import msgspec

from service.intake import bodies
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

Part = dict[str, Any]

_SCHEMA: Final = "#/components/schemas/{name}"
_MESSAGE: Final = "#/components/messages/{}"
_QUEUE: Final[Part] = {"nats": {"queue": "reelwright", "bindingVersion": "0.1.0"}}
_HEADERS: Final[Part] = {
    "type": "object",
    "properties": {
        "Nats-Msg-Id": {"type": "string", "description": "event id and subject; the same announcement has the same"},
        "Reelwright-Cursor": {"type": "string", "pattern": "^[0-9]+/[01]$", "description": "position and part"},
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
_OUT: Final = (
    ("videoProgress", PROGRESS, ProgressMessage, "Every stored event, in order"),
    ("videoCompleted", COMPLETED, CompletedMessage, "A job has its video"),
    ("videoFailed", FAILED, FailedMessage, "A job has failed"),
    ("videoCancelled", CANCELLED, CancelledMessage, "A job was cancelled"),
)
_COMMANDS: Final = (("cancelJob", "reelwright.cancel"), ("retryJob", "reelwright.retry"))


def document() -> Part:
    """Return the description."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Reelwright",
            "version": version("reelwright"),
            "description": "Takes approved storyboards and tells how their videos are made.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"nats": {"host": "localhost:4222", "protocol": "nats", "description": "NATS with JetStream"}},
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _channels() -> Part:
    channels = {
        "storyboardApproved": _channel("storyboard.approved", "approval", "Stream STORYBOARD"),
        "storyboardRejected": _channel("storyboard.rejected", "rejection", "Stream STORYBOARD"),
        "replies": _channel(None, "reply", "The reply subject of a request"),
    }
    for name, subject, _, _ in _OUT:
        channels[name] = _channel(subject, name, "Stream VIDEO")
    for name, subject in _COMMANDS:
        channels[name] = _channel(subject, "order", "Core NATS request/reply")
    return channels


def _channel(address: str | None, message: str, description: str) -> Part:
    return {
        "address": address,
        "description": description,
        "messages": {message: {"$ref": _MESSAGE.format(message)}},
    }


def _operations() -> Part:
    operations = {
        "receiveApproval": _operation("receive", "storyboardApproved", "approval", "Take an approved storyboard"),
        "sendRejection": _operation("send", "storyboardRejected", "rejection", "Record what could not be taken"),
    }
    for name, _, _, summary in _OUT:
        operations[f"send{name[0].upper()}{name[1:]}"] = _operation("send", name, name, summary)
    for name, subject in _COMMANDS:
        operation = _operation("receive", name, "order", f"Take an order: {subject.partition('.')[2]}")
        reply = {"channel": _ref("channels", "replies"), "messages": [_ref("channels", "replies", "messages", "reply")]}
        operations[name] = {**operation, "bindings": _QUEUE, "reply": reply}
    return operations


def _operation(action: str, channel: str, message: str, summary: str) -> Part:
    return {
        "action": action,
        "summary": summary,
        "channel": _ref("channels", channel),
        "messages": [_ref("channels", channel, "messages", message)],
    }


def _messages() -> Part:
    messages: Part = {
        "approval": {"title": "An approved storyboard", "payload": _payload("Approval")},
        "rejection": {"title": "What was not taken, and why", "payload": _payload("Rejection")},
        "order": {"title": "An order to a job", "payload": _payload("Order")},
        "reply": {"title": "What became of an order", "payload": _payload("Reply")},
    }
    for name, _, body, summary in _OUT:
        headers = {"$ref": _SCHEMA.format(name="Headers")}
        messages[name] = {"title": summary, "headers": headers, "payload": _payload(body.__name__)}
    return {name: {"name": name, **message} for name, message in messages.items()}


def _payload(name: str) -> Part:
    return {"$ref": _SCHEMA.format(name=name)}


def _schemas() -> Part:
    _, said = msgspec.json.schema_components([body for _, _, body, _ in _OUT], ref_template=_SCHEMA)
    return {
        "Approval": bodies.APPROVAL,
        "Order": bodies.COMMAND_TO,
        "Reply": bodies.REPLY,
        "Rejection": bodies.REJECTION,
        "Headers": _HEADERS,
        **{name: _with_numbers(schema) for name, schema in said.items()},
    }


def _with_numbers(schema: object) -> object:
    """Describe money as what is sent: the encoder writes numbers where its schema says decimal strings."""
    if isinstance(schema, Mapping):
        if schema.get("format") == "decimal":
            return {"type": "number", "description": "USD"}
        return {name: _with_numbers(part) for name, part in schema.items()}
    return [_with_numbers(part) for part in schema] if isinstance(schema, list) else schema


def _ref(*path: str) -> Part:
    return {"$ref": "/".join(("#", *path))}
