"""Events as they are stored: JSON text, with a type and a schema version; old versions are upcast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from domain.errors import Refused
from domain.events import EVENT_TYPES, Event

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the data of version n into that of version n + 1."""

UPCASTS: dict[tuple[str, int], Upcast] = {}
"""By event type and the version that it reads."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_EXACT = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_METADATA = msgspec.json.Decoder(dict[str, str])
_EMPTY: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One event as its columns."""

    type: str
    schema_version: int
    data: str


@dataclass(frozen=True, slots=True)
class Codec:
    """Reads and writes the event types it is given; the current version of a type follows from its upcasts."""

    types: Mapping[str, type[Any]] = field(default_factory=lambda: EVENT_TYPES)
    upcasts: Mapping[tuple[str, int], Upcast] = field(default_factory=lambda: UPCASTS)
    _decoders: dict[str, msgspec.json.Decoder[Any]] = field(init=False, default_factory=dict)
    _versions: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name, kind in self.types.items():
            self._decoders[name] = msgspec.json.Decoder(kind)
            self._versions[name] = 1 + max((start for step, start in self.upcasts if step == name), default=0)

    def encode(self, event: Event) -> Encoded:
        """Return the columns of an event: decimals as exact JSON numbers, times as RFC 3339 in UTC.

        Raises Refused where a text cannot be written as UTF-8.
        """
        name = type(event).__name__
        try:
            data = _ENCODER.encode(event).decode()
        except (UnicodeEncodeError, msgspec.ValidationError) as error:
            raise Refused(f"{name} cannot be stored: {error}") from error
        return Encoded(type=name, schema_version=self._versions[name], data=data)

    def decode(self, name: str, schema_version: int, data: str) -> Event:
        """Read a stored event and upcast it; unknown fields are ignored.

        Raises Refused when it is damaged or was written by a newer program.
        """
        current = self._versions.get(name)
        if current is None or schema_version > current:
            raise Refused(f"{name} version {schema_version} was stored by a newer program: update reelwright")
        try:
            if schema_version != current:
                data = self._upcast(name, schema_version, data)
            event: Event = self._decoders[name].decode(data)
        except (msgspec.DecodeError, LookupError, TypeError, ValueError) as error:
            raise Refused(f"{name} version {schema_version} cannot be read: {error}") from error
        return event

    def _upcast(self, name: str, schema_version: int, data: str) -> str:
        fields = _EXACT.decode(data)
        for version in range(schema_version, self._versions[name]):
            fields = self.upcasts[name, version](fields)
        return _ENCODER.encode(fields).decode()


def encode_metadata(metadata: Mapping[str, str]) -> str:
    """Return metadata as JSON text. Raises Refused where it cannot be written as UTF-8."""
    try:
        return _ENCODER.encode(dict(metadata)).decode() if metadata else "{}"
    except UnicodeEncodeError as error:
        raise Refused(f"metadata cannot be stored: {error}") from error


def decode_metadata(text: str) -> Mapping[str, str]:
    """Read metadata. Raises Refused when it is damaged."""
    if text == "{}":
        return _EMPTY
    try:
        return _METADATA.decode(text)
    except msgspec.DecodeError as error:
        raise Refused(f"metadata cannot be read: {error}") from error
