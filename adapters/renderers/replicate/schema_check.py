"""Compares a profile with the published input schema of its model, before money is spent."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from adapters.renderers.replicate.client import ReplicateClient
from adapters.renderers.replicate.model import Misconfigured, ModelRef
from adapters.renderers.replicate.profile import Profile, shipped_profiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What is published of a model; `fields` is None where there is no readable schema."""

    name: str | None = None
    version: str | None = None
    fields: frozenset[str] | None = None
    required: frozenset[str] = frozenset()


async def published(client: ReplicateClient, model: ModelRef) -> Published:
    """Ask the provider for the model's schema. Raises Unavailable, NotFound."""
    if model.endpoint == "deployment":
        release = _mapping((await client.describe(f"deployments/{quote(model.name or '')}")).get("current_release"))
        name, version = _text(release.get("model")), _text(release.get("version"))
    else:
        name, version = model.name, model.version
    if name is None:
        return Published(version=version)
    path = f"models/{quote(name)}"
    if version is not None:
        return _read(name, await client.describe(f"{path}/versions/{quote(version)}"))
    about = await client.describe(path)
    owner, short = _text(about.get("owner")), _text(about.get("name"))
    return _read(f"{owner}/{short}" if owner and short else name, _mapping(about.get("latest_version")))


def check(profile: Profile, schema: Published, *, model: str) -> tuple[str, ...]:
    """Return the required fields that the profile never sends. Raises Misconfigured for an unknown field."""
    if schema.fields is None:
        return ()
    unknown = [name for name in profile.sent_fields if name not in schema.fields]
    if unknown:
        raise Misconfigured(". ".join([*(_complaint(name, schema.fields, model) for name in unknown), *_hint(model)]))
    return tuple(sorted(schema.required - set(profile.sent_fields)))


def _read(name: str, version: Mapping[str, object]) -> Published:
    schema: Mapping[str, object] = version
    for step in ("openapi_schema", "components", "schemas", "Input"):
        schema = _mapping(schema.get(step))
    properties, required = schema.get("properties"), schema.get("required")
    return Published(
        name=name,
        version=_text(version.get("id")),
        fields=frozenset(map(str, properties)) if isinstance(properties, Mapping) else None,
        required=frozenset(map(str, required)) if isinstance(required, list) else frozenset(),
    )


def _complaint(name: str, fields: frozenset[str], model: str) -> str:
    nearest = max(sorted(fields), key=lambda other: difflib.SequenceMatcher(None, name, other).ratio(), default=None)
    return f"{model} takes no field {name!r}" + (f"; the nearest name is {nearest!r}" if nearest else "")


def _hint(model: str) -> list[str]:
    name = model.partition(":")[0]
    fitting = [key for key, profile in shipped_profiles().items() if (profile.model or "").partition(":")[0] == name]
    return [f"A profile for this model comes with the program: {fitting[0]}"] if fitting else []


def _mapping(raw: object) -> Mapping[str, object]:
    return raw if isinstance(raw, Mapping) else {}


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw else None
