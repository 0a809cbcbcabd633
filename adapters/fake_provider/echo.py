"""What the provider echoes of an input: not always what it was sent."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

EchoChange = Literal[
    "redacted",  # as a secret is
    "unicode",  # the same text in another normal form
    "text",  # 5 as "5"
    "cut",  # the first half of a text, as of a long data URL
    "dropped",  # the field is missing
]
EVERY_FIELD = "*"
REDACTED = "[REDACTED]"


def echoed(sent: Mapping[str, Any], changes: Mapping[str, EchoChange], *, adds_defaults: bool) -> dict[str, Any]:
    """Return the input as it is echoed. `changes` are by field, those of `*` for every field without one."""
    if adds_defaults:
        sent = {"safety_tolerance": 2, **{name: sent[name] for name in reversed([*sent])}}
    kinds = {name: changes.get(name, changes.get(EVERY_FIELD)) for name in sent}
    return {name: _changed(value, kinds[name]) for name, value in sent.items() if kinds[name] != "dropped"}


def _changed(value: Any, change: EchoChange | None) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_changed(part, change) for part in value]
    if isinstance(value, dict):
        return {name: _changed(part, change) for name, part in value.items()}
    match change, value:
        case "redacted", _:
            return REDACTED
        case "unicode", str():
            return unicodedata.normalize("NFD" if unicodedata.is_normalized("NFC", value) else "NFC", value)
        case "text", int() | float() if not isinstance(value, bool):
            return str(value)
        case "cut", str():
            return value[: len(value) // 2]
        case _:
            return value
