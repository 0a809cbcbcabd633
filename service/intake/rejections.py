"""The body of `storyboard.rejected`: the message and why it was rejected."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from service.intake.reading import KEPT_BYTES


class RejectedMessage(BaseModel):
    """A message that was not taken, and why."""

    reason: str
    errors: list[str]
    subject: str
    stream_sequence: int
    payload: str = Field(description=f"the first {KEPT_BYTES // 1024} KiB of what was sent")
    payload_encoding: Literal["utf-8", "base64"]
    payload_size_bytes: int
    payload_sha256: str


def rejection_body(payload: bytes, *, reason: str, errors: Sequence[str], subject: str, stream_sequence: int) -> bytes:
    """Return the JSON body. `payload` is its first 64 KiB: text where it is UTF-8, else base64 (`payload_encoding`)."""
    encoding, kept = _encode(payload[:KEPT_BYTES], is_cut=len(payload) > KEPT_BYTES)
    message = RejectedMessage(
        reason=reason,
        errors=list(errors),
        subject=subject,
        stream_sequence=stream_sequence,
        payload=kept,
        payload_encoding=encoding,
        payload_size_bytes=len(payload),
        payload_sha256=hashlib.sha256(payload).hexdigest(),
    )
    return message.model_dump_json().encode()


def _encode(kept: bytes, *, is_cut: bool) -> tuple[Literal["utf-8", "base64"], str]:
    """Return (encoding, text). A cut may split the last character; control characters, long as JSON, become base64."""
    for end in range(len(kept), max(len(kept) - 4, -1) if is_cut else len(kept) - 1, -1):
        try:
            text = kept[:end].decode()
        except UnicodeDecodeError:
            continue
        if not any(character < " " and character not in "\t\r\n" for character in text):
            return "utf-8", text
    return "base64", base64.b64encode(kept).decode()
