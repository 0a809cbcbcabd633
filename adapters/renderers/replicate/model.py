"""The model, and the endpoint of the provider that runs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from domain.errors import Refused

Endpoint = Literal["version", "model", "deployment"]

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_NAMED = re.compile(rf"(?P<owner>{_PART})/(?P<name>{_PART})(?::(?P<version>{_PART}))?")
_VERSION = re.compile(r"[0-9a-f]{64}")


class Misconfigured(Refused):
    """The settings or the profile cannot work with this provider; the text says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """A model as configured: `owner/name`, a version, or both; with `deployment` the name is a deployment's."""

    name: str | None
    version: str | None = None
    endpoint: Endpoint = "model"

    @property
    def label(self) -> str:
        """Return it as it was written."""
        return ":".join(part for part in (self.name, self.version) if part)

    @property
    def create_path(self) -> str:
        """Return the path that creates a prediction, relative to the base URL."""
        match self.endpoint:
            case "version":
                return "predictions"
            case "model":
                return f"models/{quote(self.name or '')}/predictions"
            case "deployment":
                return f"deployments/{quote(self.name or '')}/predictions"

    def body(self, model_input: Mapping[str, object]) -> dict[str, object]:
        """Return the body that creates a prediction with this input."""
        return {"version": self.version, "input": model_input} if self.endpoint == "version" else {"input": model_input}


def read_model(text: str, *, endpoint: Endpoint | None = None) -> ModelRef:
    """Read `owner/name`, `owner/name:version` or a bare version (64 hex digits).

    Without `endpoint` a version is run as one and a name as an official model. Raises Misconfigured.
    """
    text = text.strip()
    if _VERSION.fullmatch(text):
        name, version = None, text
    elif found := _NAMED.fullmatch(text):
        name, version = f"{found['owner']}/{found['name']}", found["version"]
    else:
        raise Misconfigured(f"{text!r} is no model: write owner/name, owner/name:version or a version of 64 hex digits")
    chosen = endpoint or ("version" if version else "model")
    if chosen == "version" and version is None:
        raise Misconfigured(f"{text!r} has no version, and the profile wants one: write {name}:version")
    if chosen != "version" and name is None:
        raise Misconfigured(f"the profile runs a {chosen}, which has a name: write owner/name, not a version")
    return ModelRef(name=name, version=version, endpoint=chosen)
