"""The models that the provider has, and the schemas of their inputs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any

PUBLISHED: dict[str, dict[str, Any]] = json.loads(
    resources.files("adapters.fake_provider").joinpath("models.json").read_text(encoding="utf-8")
)
"""The input schema of each model that a shipped profile is for."""
FREE_MODEL = "fake/film"
ANY_INPUT: dict[str, Any] = {
    "image_urls": {"type": "array", "items": {"type": "string", "format": "uri"}},
    "image": {"type": "string", "format": "uri"},
    "last_image": {"type": "string", "format": "uri"},
    "prompt": {"type": "string"},
    "seed": {"type": "integer"},
    "duration": {"type": "number"},
    "fps": {"type": "integer"},
    "resolution": {"type": "string"},
}
"""The input fields of every model without a schema of its own; it takes any value and any other field, too."""

VERSION = re.compile(r"[0-9a-f]{64}")
_TYPE_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFault:
    """Why an input is refused: the broken rule, the field, and the provider's words."""

    rule: str
    field: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The models by `owner/name`. `patterns` name further ones; `schemas` has input fields that replace all others.

    `renames` has the new names of models by their old ones: both names work.
    """

    patterns: Sequence[str]
    schemas: Mapping[str, Mapping[str, Any]]
    renames: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """Return the models that a list shows; those of a pattern are too many."""
        return sorted({self.renames.get(name, name) for name in (*PUBLISHED, *self.schemas, FREE_MODEL)})

    def input_schema(self, name: str) -> dict[str, Any] | None:
        """Return the schema of a model's input, None where there is no such model."""
        name = self._first_name(name)
        if name in self.schemas:
            return {"type": "object", "properties": dict(self.schemas[name])}
        if name in PUBLISHED:
            return {"type": "object", **PUBLISHED[name]}
        if self._is_free(name):
            return {"type": "object", "properties": ANY_INPUT}
        return None

    def version_of(self, name: str) -> str:
        """Return the id of a model's latest version: the same in every run, and under a new name."""
        return version_of(self._first_name(name))

    def model_of(self, version: str, seen: Iterable[str]) -> str | None:
        """Return the model with this version; `seen` are models that were asked for.

        A version that belongs to none of them is one of `fake/film`, which has them all.
        """
        if VERSION.fullmatch(version) is None:
            return None
        known = (name for name in (*self.names, *seen) if self.version_of(name) == version)
        return next(known, FREE_MODEL if self._is_free(FREE_MODEL) else None)

    def has_version(self, name: str, version: str) -> bool:
        """Tell whether the model exists and has the version: a published one its own, any other every one."""
        if self.input_schema(name) is None or VERSION.fullmatch(version) is None:
            return False
        first = self._first_name(name)
        return version == version_of(first) or (first not in PUBLISHED and self._is_free(first))

    def input_faults(self, name: str, sent: Mapping[str, Any]) -> list[InputFault]:
        """Return what is wrong with an input. Only a published model refuses one."""
        first = self._first_name(name)
        return list(_faults(PUBLISHED[first], sent)) if first in PUBLISHED and first not in self.schemas else []

    def _first_name(self, name: str) -> str:
        return next((old for old, new in self.renames.items() if new == name), name)

    def _is_free(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.patterns)


def version_of(name: str) -> str:
    """Return the id of a model's latest version: the same in every run."""
    return hashlib.sha256(name.encode()).hexdigest()


def _faults(schema: Mapping[str, Any], sent: Mapping[str, Any]) -> Iterator[InputFault]:
    for name in schema["required"]:
        if name not in sent:
            yield InputFault(rule="required", field="input", description=f"{name} is required")
    for name, value in sent.items():
        if (rule := schema["properties"].get(name)) and (broken := _broken(rule, value)):
            yield InputFault(rule=broken[0], field=f"input.{name}", description=broken[1])


def _broken(rule: Mapping[str, Any], value: object) -> tuple[str, str] | None:
    """Return the part of a field's rule that the value breaks, and the provider's words for it."""
    given = _TYPE_NAMES.get(type(value), "null")
    if given != rule["type"] and (given, rule["type"]) != ("integer", "number"):
        return "invalid_type", f"Invalid type. Expected: {rule['type']}, given: {given}"
    if "enum" in rule and value not in rule["enum"]:
        return "enum", f"Must be one of the following: {', '.join(json.dumps(one) for one in rule['enum'])}"
    if isinstance(value, int | float) and value < rule.get("minimum", value):
        return "number_gte", f"Must be greater than or equal to {rule['minimum']}"
    if isinstance(value, int | float) and value > rule.get("maximum", value):
        return "number_lte", f"Must be less than or equal to {rule['maximum']}"
    return None
