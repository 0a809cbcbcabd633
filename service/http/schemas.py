"""Answers of the API besides jobs and events, and the name of every answer in /openapi.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from domain.storyboard import Scene
from domain.warnings import JobWarning
from service.jobs.views import EventView, JobPageView, JobSummaryView, JobView, JsonView, Moment, ProgressView

SCHEMAS: Final = "#/components/schemas/{model}"
Address = Annotated[str, msgspec.Meta(extra_json_schema={"format": "uri"})]


class Uploaded(JsonView, frozen=True, kw_only=True):
    """Where an uploaded image is; usable as a scene's `image_url`."""

    image_url: str


class LinkView(JsonView, frozen=True, kw_only=True):
    """A video that anybody may see until `expires_at`, which is null when the service needs no token."""

    video_url: Address
    thumbnail_url: Address
    expires_at: Moment | None


class Check(JsonView, frozen=True, kw_only=True):
    """Whether a part of the service works, and why."""

    ok: bool
    reason: str


class Ready(JsonView, frozen=True, kw_only=True):
    """Every part works."""

    ready: bool
    checks: dict[str, Check]


class Alive(JsonView, frozen=True, kw_only=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ProblemShape(msgspec.Struct, frozen=True, kw_only=True):
    """An error (RFC 9457). `code` never changes its meaning; some codes add members of their own."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str


class PlainSchema(GenerateJsonSchema):
    """Describes bodies of requests without needless parts: titles that repeat names, and null for a missing value."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - as in the base class
        """Leave out the title of every field."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Describe the value alone."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out a default of null."""
        described = super().default_schema(schema)
        return {name: value for name, value in described.items() if name != "default" or value is not None}


_NAMES: Final[Mapping[type, str]] = {
    JobView: "Job",
    JobSummaryView: "JobSummary",
    JobPageView: "JobPage",
    ProgressView: "ProgressShape",
    Scene: "SceneShape",
    JobWarning: "WarningShape",
    EventView: "Event",
    LinkView: "Link",
    Uploaded: "Uploaded",
    Check: "Check",
    Ready: "Ready",
    Alive: "Live",
    ProblemShape: "Problem",
}
"""Generated clients know these names."""


def answer_schemas() -> dict[str, Any]:
    """Return the schema of each answer, by its name in the document. Every member is required."""
    _, components = msgspec.json.schema_components(_NAMES, ref_template="{name}")
    names = {kind.__name__: name for kind, name in _NAMES.items()}
    schemas: dict[str, Any] = {names[kind]: _renamed(schema, names) for kind, schema in components.items()}
    for kind, name in _NAMES.items():
        schema = schemas[name]
        schema |= {"title": name, "required": [*schema["properties"]]}
        if kind is not ProblemShape:
            schema["additionalProperties"] = False
        for member in schema["properties"].values():
            member.pop("default", None)
    return schemas


def _renamed(schema: object, names: Mapping[str, str]) -> object:
    match schema:
        case {"format": "decimal", **others}:
            # The encoder writes numbers where its schema says decimal strings.
            return {**{name: part for name, part in others.items() if name != "pattern"}, "type": "number"}
        case {"$ref": str(kind)}:
            return {"$ref": SCHEMAS.format(model=names[kind])}
        case dict():
            return {name: _renamed(part, names) for name, part in schema.items()}
        case list():
            return [_renamed(part, names) for part in schema]
        case _:
            return schema
