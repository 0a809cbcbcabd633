"""The body of `storyboard.rejected`: what arrived and why it was not taken."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import msgspec

KEPT_BYTES = 64 * 1024


def rejection_body(payload: bytes, *, reason: str, errors: Sequence[str], subject: str, stream_sequence: int) -> bytes:
    """Return the JSON body. `payload` is its first 64 KiB: text where it is UTF-8, else base64 (`payload_encoding`)."""
    encoding, shown = _shown(payload[:KEPT_BYTES], cut=len(payload) > KEPT_BYTES)
    return msgspec.json.encode(
        {
            "reason": reason,
            "errors": list(errors),
            "subject": subject,
            "stream_sequence": stream_sequence,
            "payload": shown,
            "payload_encoding": encoding,
            "payload_size_bytes": len(payload),
            "payload_sha256": hashlib.sha256(payload).hexdigest(),
        }
    )


def _shown(kept: bytes, *, cut: bool) -> tuple[str, str]:
    """A cut may split the last character; control characters would swell as JSON, so they go as base64."""
    for end in range(len(kept), max(len(kept) - 4, -1) if cut else len(kept) - 1, -1):
        try:
            text = kept[:end].decode()
        except UnicodeDecodeError:
            continue
        if not any(character < " " and character not in "\t\r\n" for character in text):
            return "utf-8", text
    return "base64", base64.b64encode(kept).decode()
