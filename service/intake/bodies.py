"""The shapes of what we are sent, as JSON Schema: one text for the descriptions of HTTP and of the bus."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

_JOB_ID: Final[Schema] = {
    "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"}]
}
_SCENE: Final[Schema] = {
    "type": "object",
    "properties": {
        "image_url": {"type": "string", "minLength": 1, "description": "http(s), data: or /api/images/{sha256}"},
        "description": {"type": "string"},
        "duration_seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 600},
    },
    "required": ["image_url"],
}
_OUTPUT: Final[Schema] = {
    "type": "object",
    "properties": {
        "width": {"type": "integer", "minimum": 16, "maximum": 4096},
        "height": {"type": "integer", "minimum": 16, "maximum": 4096},
        "fps": {"type": "integer", "minimum": 1, "maximum": 120},
        "format": {"const": "mp4"},
    },
}
APPROVAL: Final[Schema] = {
    "type": "object",
    "properties": {
        "job_id": _JOB_ID,
        "approved": {"const": True},
        "estimated_cost": {"type": "number", "minimum": 0, "description": "USD"},
        "storyboard": {"type": "array", "items": _SCENE, "minItems": 1, "maxItems": 500},
        "output": _OUTPUT,
    },
    "required": ["job_id", "storyboard"],
}
_WHO: Final[Schema] = {
    "by": {"type": "string", "minLength": 1, "maxLength": 200},
    "reason": {"type": ["string", "null"], "maxLength": 2000},
}
COMMAND: Final[Schema] = {"type": "object", "properties": _WHO}
COMMAND_TO: Final[Schema] = {"type": "object", "properties": {"job_id": _JOB_ID, **_WHO}, "required": ["job_id"]}
USUAL_LINK_SECONDS: Final = 24 * 3600
LONGEST_LINK_SECONDS: Final = 30 * 24 * 3600
LINK: Final[Schema] = {
    "type": "object",
    "properties": {
        "expires_in_seconds": {
            "type": "integer",
            "minimum": 1,
            "maximum": LONGEST_LINK_SECONDS,
            "default": USUAL_LINK_SECONDS,
        },
    },
    "additionalProperties": False,
}
REPLY: Final[Schema] = {
    "type": "object",
    "properties": {
        "ok": {"type": "boolean"},
        "status": {"description": "the job's status; where ok is false, that of the problem"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
    },
    "required": ["ok", "status"],
}
REJECTION: Final[Schema] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "string"}},
        "subject": {"type": "string"},
        "stream_sequence": {"type": "integer"},
        "payload": {"type": "string", "description": "the first 64 KiB of what was sent"},
        "payload_encoding": {"enum": ["utf-8", "base64"]},
        "payload_size_bytes": {"type": "integer"},
        "payload_sha256": {"type": "string"},
    },
    "required": ["reason", "errors", "subject", "stream_sequence", "payload", "payload_size_bytes", "payload_sha256"],
}
