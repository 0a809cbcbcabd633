"""What the provider shows of an input later: as it came, or as its privacy and its gateways leave it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any


def echo(sent: Mapping[str, object], redactions: tuple[str, ...]) -> dict[str, object]:
    """Return the input after these redactions."""
    shown: dict[str, object] = dict(sent)
    for redaction in redactions:
        shown = _REDACTIONS[redaction](shown)
    return shown


def _every_text(change: Callable[[str], str]) -> Callable[[dict[str, object]], dict[str, object]]:
    def of(value: object) -> Any:
        match value:
            case str():
                return change(value)
            case list():
                return [of(part) for part in value]
            case _:
                return value

    return lambda shown: {name: of(value) for name, value in shown.items()}


def _numbers_as_texts(shown: dict[str, object]) -> dict[str, object]:
    return {name: str(value) if isinstance(value, int | float) else value for name, value in shown.items()}


def _without_the_last_field(shown: dict[str, object]) -> dict[str, object]:
    return dict(list(shown.items())[:-1]) if len(shown) > 1 else shown


_REDACTIONS: dict[str, Callable[[dict[str, object]], dict[str, object]]] = {
    "removed": lambda _shown: {},
    "redacted_texts": _every_text(lambda _text: "[REDACTED]"),
    "unicode": _every_text(lambda text: unicodedata.normalize("NFD", text)),
    "numbers_as_texts": _numbers_as_texts,
    "dropped_field": _without_the_last_field,
    "added_field": lambda shown: {"safety_tolerance": 2, **shown},
    "cut_texts": _every_text(lambda text: text if len(text) <= 24 else text[:24] + "…"),
}
