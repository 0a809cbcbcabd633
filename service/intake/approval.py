"""The pydantic model of an approval, and the command that an approval means.

OpenAPI and AsyncAPI take their schemas from the model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from domain.commands import Approve, RefuseStoryboard
from domain.storyboard import (
    DEFAULT_SCENE_SECONDS,
    LARGEST_SIDE,
    LONGEST_SCENE_SECONDS,
    LONGEST_VIDEO_SECONDS,
    MOST_FPS,
    MOST_SCENES,
    SMALLEST_SIDE,
    OutputWishes,
    Scene,
    storyboard_hash,
)
from domain.warnings import JobWarning
from service.intake.fields import (
    NO_ESTIMATE,
    NO_IMAGE,
    EstimateField,
    FramesPerSecond,
    ImageUrl,
    JobId,
    Pixels,
    Seconds,
    Text,
    clean_text,
)
from service.intake.reading import KEPT_BYTES, LARGEST_APPROVAL_BYTES, UnreadableError, read_job_id, read_object

NOT_APPROVED: Final = "Storyboard must be approved"
NO_STORYBOARD: Final = "No storyboard data available"


class Refusal(ValueError):
    """The approval can be read but not rendered; the text is the reason that the approver sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadField:
    """A field that is not read. `scene` counts from 1; None: it is outside of the scenes."""

    field: str
    scene: int | None = None


class SentBody(BaseModel):
    """Fields as they were sent. Those that are not read are kept; null counts as absent."""

    model_config = ConfigDict(extra="allow", frozen=True, loc_by_alias=False)
    absent_if_null: ClassVar[frozenset[str]]

    @model_validator(mode="before")
    @classmethod
    def _without_null(cls, sent: object) -> object:
        if not isinstance(sent, Mapping):
            return sent
        return {name: value for name, value in sent.items() if value is not None or name not in cls.absent_if_null}

    @property
    def unread_names(self) -> tuple[str, ...]:
        """Return the names of the fields that are not read."""
        return tuple(self.model_extra or ())


class SceneBody(SentBody):
    """One image of the video. Its fields may also stand in a member `scene`."""

    absent_if_null = frozenset({"image_url", "description", "duration_seconds", "duration", "image_prompt", "scene"})

    image_url: ImageUrl = Field(description="http(s), data: or /api/images/{sha256}")
    description: Text = ""
    duration_seconds: Seconds = Field(
        default=DEFAULT_SCENE_SECONDS, validation_alias=AliasChoices("duration_seconds", "duration")
    )
    image_prompt: Text | None = None
    scene_number: object = Field(default=None, description="not needed: the order of the list counts")

    @model_validator(mode="before")
    @classmethod
    def _without_nesting(cls, sent: object) -> object:
        """Put the members of a nested scene among the others, which win unless they are null."""
        if not isinstance(sent, Mapping) or not isinstance(nested := sent.get("scene"), Mapping):
            return sent
        return {**nested, **{name: value for name, value in sent.items() if value is not None and name != "scene"}}

    def value(self, number: int) -> Scene:
        """Return the scene."""
        return Scene(
            scene_number=number,
            image_url=self.image_url,
            description=self.description,
            duration_seconds=self.duration_seconds,
            image_prompt=self.image_prompt,
        )


class OutputBody(SentBody):
    """What is asked of the file; what is left out is decided by the renderer."""

    absent_if_null = frozenset({"width", "height", "fps", "format"})

    format: Annotated[Literal["mp4"], BeforeValidator(lambda sent: sent or "mp4")] = "mp4"
    width: Pixels | None = Field(default=None, description="pixels; odd sizes are rounded down to even ones")
    height: Pixels | None = Field(default=None, description="pixels; odd sizes are rounded down to even ones")
    fps: FramesPerSecond | None = Field(default=None, description="frames per second; rounded down")

    @property
    def value(self) -> OutputWishes:
        """Return the output wishes; H.264 needs even sizes."""
        width, height, fps = (None if sent is None else int(sent) for sent in (self.width, self.height, self.fps))
        return OutputWishes(
            width=None if width is None else width - width % 2,
            height=None if height is None else height - height % 2,
            fps=fps,
        )


def _require_true(sent: object) -> object:
    if sent is not True:
        raise PydanticCustomError("approved", NOT_APPROVED)
    return sent


def _read_list(sent: object) -> object:
    """Read a storyboard that is a JSON string, and count the scenes before any of them is read."""
    if isinstance(sent, str):
        try:
            sent = json.loads(sent, object_pairs_hook=lambda pairs: {clean_text(name): value for name, value in pairs})
        except (ValueError, RecursionError) as error:
            raise PydanticCustomError("storyboard", NO_STORYBOARD) from error
    if not isinstance(sent, list) or not sent:
        raise PydanticCustomError("storyboard", NO_STORYBOARD)
    if len(sent) > MOST_SCENES:
        text = f"{NO_STORYBOARD}: {len(sent)} scenes, at most {MOST_SCENES} can be rendered"
        raise PydanticCustomError("storyboard", text)
    return sent


def _check_length(scenes: list[SceneBody]) -> list[SceneBody]:
    if sum(scene.duration_seconds for scene in scenes) > LONGEST_VIDEO_SECONDS:
        raise PydanticCustomError("storyboard", f"{NO_STORYBOARD}: longer than {LONGEST_VIDEO_SECONDS:g} s in all")
    return scenes


Scenes = Annotated[
    list[SceneBody],
    FailFast(),
    Field(min_length=1, max_length=MOST_SCENES),
    BeforeValidator(_read_list),
    AfterValidator(_check_length),
]


class ApprovalBody(SentBody):
    """An approved storyboard."""

    absent_if_null = frozenset({"storyboard", "storyboard_data", "output"})

    job_id: JobId
    approved: Annotated[Literal[True], BeforeValidator(_require_true)] = True
    storyboard: Scenes = Field(
        validation_alias=AliasChoices("storyboard", "storyboard_data"), description="in the order of the video"
    )
    output: OutputBody = Field(default_factory=OutputBody)
    estimated_cost: EstimateField = Field(default=NO_ESTIMATE, description="USD")

    @property
    def unread(self) -> tuple[UnreadField, ...]:
        """Return every field that is not read: of the approval, of its output and of its scenes."""
        return (
            *(UnreadField(field=name) for name in self.unread_names),
            *(UnreadField(field=f"output.{name}") for name in self.output.unread_names),
            *(
                UnreadField(field=name, scene=number)
                for number, scene in enumerate(self.storyboard, start=1)
                for name in scene.unread_names
            ),
        )

    @property
    def command(self) -> Approve:
        """Return the command of the approval."""
        storyboard = tuple(scene.value(number) for number, scene in enumerate(self.storyboard, start=1))
        output = self.output.value
        return Approve(
            storyboard=storyboard,
            output=output,
            storyboard_hash=storyboard_hash(storyboard, output),
            estimated_cost=self.estimated_cost.amount,
            warnings=self.warnings,
        )

    @property
    def warnings(self) -> tuple[JobWarning, ...]:
        """Return what was read otherwise than it stands."""
        fault = self.estimated_cost.fault
        return () if fault is None else (JobWarning(field="estimated_cost", message=fault),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A message that could be read: its job, its command, and the fields that are not read."""

    job_id: str
    command: Approve | RefuseStoryboard
    unread: tuple[UnreadField, ...] = ()


def read_approval(payload: bytes) -> Approval:
    """Read a `storyboard.approved` body. Raises UnreadableError when it is too large, no JSON, or names no job."""
    if len(payload) > LARGEST_APPROVAL_BYTES:
        raise UnreadableError(f"Too large: {len(payload)} bytes, at most {LARGEST_APPROVAL_BYTES} are read")
    sent = read_object(payload)
    job_id = read_job_id(sent.get("job_id"))
    try:
        body = read_body(sent)
    except Refusal as refusal:
        return Approval(job_id=job_id, command=refuse(payload, reason=str(refusal)))
    return Approval(job_id=job_id, command=body.command, unread=body.unread)


def read_body(sent: Mapping[str, object]) -> ApprovalBody:
    """Read the fields of an approval. Raises Refusal, whose text begins with one of the contract's reasons."""
    try:
        return ApprovalBody.model_validate(sent)
    except ValidationError as error:
        raise Refusal(_reason(error)) from error


def refuse(payload: bytes, *, reason: str) -> RefuseStoryboard:
    """Return the command that refuses a job and keeps the message."""
    return RefuseStoryboard(
        reason=reason,
        received=payload[:KEPT_BYTES].decode(errors="replace").replace("\x00", "\ufffd"),
        received_hash=hashlib.sha256(payload).hexdigest(),
    )


_RANGES: Final = {
    "width": (SMALLEST_SIDE, LARGEST_SIDE),
    "height": (SMALLEST_SIDE, LARGEST_SIDE),
    "fps": (1, MOST_FPS),
}


def _reason(error: ValidationError) -> str:
    """Return the first error as one of the contract's reasons."""
    first = error.errors(include_url=False, include_input=False)[0]
    match first["loc"]:
        case ("storyboard", int(index), "duration_seconds"):
            longest = f"{LONGEST_SCENE_SECONDS:g} s"
            return f"{NO_STORYBOARD}: scene {index + 1} needs a duration above 0 and at most {longest}"
        case ("storyboard", int(index), *_):
            return f"Scene {index + 1} {first['msg'] if first['type'] == 'image_url' else NO_IMAGE}"
        case ("output", "format"):
            return f"{NO_STORYBOARD}: output.format must be mp4"
        case ("output", str(name)):
            least, most = _RANGES[name]
            return f"{NO_STORYBOARD}: output.{name} must be between {least} and {most}"
        case ("output",):
            return f"{NO_STORYBOARD}: output must be an object with width, height, fps and format"
        case _:
            return NO_STORYBOARD if first["type"] == "missing" else first["msg"]
