"""The shapes of bodies, as the interface documents them. Nothing is computed by these: views make the answers."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from domain.job_id import JOB_ID

SCHEMAS: Final = "#/components/schemas/{model}"
StatusName = Literal["approved", "rendering", "downloading", "completed", "failed", "cancelled"]


class Shape(BaseModel):
    """A body with exactly these members."""

    model_config = ConfigDict(extra="forbid")


class SceneShape(Shape):
    """One image of the video, counted from 1."""

    scene_number: int
    image_url: str
    description: str
    duration_seconds: float
    image_prompt: str | None


class ProgressShape(Shape):
    """How far a job is."""

    current_stage: StatusName
    scenes_total: int
    scenes_completed: int
    current_scene: int | None
    estimated_completion_seconds: int | None
    message: str
    percent: int = Field(ge=0, le=100)


class JobSummary(Shape):
    """A job as lists and the live stream show it. Money is USD."""

    job_id: str = Field(pattern=f"^{JOB_ID.pattern}$")
    status: StatusName
    approved: bool
    progress: ProgressShape
    video_url: str | None
    thumbnail_url: str | None
    estimated_cost: float | None
    actual_cost: float
    attempts: int
    error_message: str | None
    waiting_for: str | None = Field(description="why nothing happens right now, in one sentence")
    version: int = Field(ge=1, description="how many events the job has")
    position: int = Field(ge=1, description="of its newest event; where to begin the live stream")
    created_at: str = Field(json_schema_extra={"format": "date-time"})
    updated_at: str = Field(json_schema_extra={"format": "date-time"})


class WarningShape(Shape):
    """What a person should look at, though it stopped nothing. `field` is named as in an approval."""

    field: str
    scene: int | None
    message: str
    did_you_mean: str | None


class Job(JobSummary):
    """A whole job."""

    storyboard: list[SceneShape]
    warnings: list[WarningShape]


class JobPage(Shape):
    """A part of the list."""

    jobs: list[JobSummary]
    next: str | None = Field(description="`after` of the next page; null on the last")


class Event(Shape):
    """A stored event. `data` has the members of its type."""

    version: int
    position: int
    type: str
    data: dict[str, object]
    metadata: dict[str, str]
    recorded_at: str = Field(json_schema_extra={"format": "date-time"})
    event_id: str


class Uploaded(Shape):
    """Where an uploaded image is; usable as a scene's `image_url`."""

    image_url: str


class Link(Shape):
    """A video that anybody may see until it expires; `expires_at` is null where the service wants no token."""

    video_url: str = Field(json_schema_extra={"format": "uri"})
    thumbnail_url: str = Field(json_schema_extra={"format": "uri"})
    expires_at: str | None = Field(json_schema_extra={"format": "date-time"})


class Check(Shape):
    """How a part is."""

    ok: bool
    reason: str


class Ready(Shape):
    """Every part works."""

    ready: bool
    checks: dict[str, Check]


class Live(Shape):
    """The process answers."""

    status: Literal["ok"]


class Problem(BaseModel):
    """An error (RFC 9457). `code` never changes its meaning; some codes add members of their own."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str


class PlainSchema(GenerateJsonSchema):
    """Describes what is sent to us, without what says nothing: titles that repeat names, and null for "not there"."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - as the base class wants it
        """Leave out the title of every field."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Describe the value alone."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out a default of null."""
        described = super().default_schema(schema)
        return {name: value for name, value in described.items() if name != "default" or value is not None}


SHAPES: tuple[type[BaseModel], ...] = (Job, JobPage, Event, Link, Uploaded, Ready, Live, Problem)
