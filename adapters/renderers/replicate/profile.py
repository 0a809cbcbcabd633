"""What a model is sent and how its answer is read: a JSON file, checked when it is loaded."""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from adapters.renderers.replicate.model import Endpoint, Misconfigured, ModelRef, read_model
from domain.cost import LARGEST_PRICE, PRICE_PLACES, PriceUnit

StoryboardField = Literal[
    "image_urls",
    "first_image",
    "last_image",
    "prompt",
    "prompts",
    "seed",
    "duration",
    "durations",
    "fps",
    "resolution",
    "width",
    "height",
    "aspect_ratio",
]
"""What a storyboard has; `inputs` says under which name the model takes it."""

FieldName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
LONGEST_RENDER_SECONDS = 365 * 24 * 3600
PERCENT = r"(\d{1,3})(?:\.\d+)?%"
LARGEST_PROFILE_BYTES = 1 << 20
_SHIPPED = resources.files("adapters.renderers.replicate.profiles")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Length(_Strict):
    """The length of the video: `field` gets the seconds of the storyboard, rounded to what the model allows.

    With unit `frames`, `frames_per_second` is used where no frame rate of the approver is sent.
    """

    field: FieldName
    unit: Literal["seconds", "frames"] = "seconds"
    frames_per_second: float | None = Field(default=None, gt=0)
    allowed: tuple[float, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    rounding: Literal["nearest", "up", "down"] = "nearest"

    @model_validator(mode="after")
    def _frames_need_a_rate(self) -> Self:
        if self.unit == "frames" and self.frames_per_second is None:
            raise ValueError("length.unit is frames, so length.frames_per_second is needed")
        return self


class Price(_Strict):
    """What the provider charges, in USD.

    `second`: of video, measured by `metric` where the provider reports it; `run`: each; `predict_second`: of computing.
    """

    amount: Decimal = Field(ge=0, le=LARGEST_PRICE, decimal_places=PRICE_PLACES)
    per: PriceUnit
    metric: FieldName | None = None


class Profile(_Strict):
    """One model. The default, without a file: send all image URLs in order, and search the output for the URL."""

    model: str | None = None
    endpoint: Endpoint | None = None
    inputs: dict[StoryboardField, FieldName] = {"image_urls": "image_urls"}
    length: Length | None = None
    choices: dict[FieldName, tuple[float | str, ...]] = {}
    """The allowed values of a field: the nearest one is sent (`720p` counts as 720, `16:9` as its ratio)."""
    constants: dict[FieldName, Any] = {}
    output: str = ""
    """The path of the URL in `output`, as in `video.url` or `0`; empty: a string, or the first video of a list."""
    price: Price | None = None
    typical_seconds: float | None = Field(default=None, gt=0, le=LONGEST_RENDER_SECONDS)
    log_percent: str = PERCENT
    """A regular expression whose first group is the percent; its last match in the log counts."""
    notes: str = ""

    @field_validator("log_percent")
    @classmethod
    def _has_one_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"log_percent is no regular expression: {error}") from error
        if groups < 1:
            raise ValueError("log_percent needs a group around the number, as in (\\d+)%")
        return pattern

    @model_validator(mode="after")
    def _every_field_once(self) -> Self:
        names = [*self.inputs.values(), *self.constants, *([self.length.field] if self.length else [])]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} would be sent twice")
        if not set(self.inputs) & {"image_urls", "first_image"}:
            raise ValueError("inputs names neither image_urls nor first_image, so no image would be sent")
        return self

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 (hex) of the content."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def sent_fields(self) -> tuple[str, ...]:
        """Return every field that may be sent, in the order of the file."""
        length = (self.length.field,) if self.length else ()
        return (*self.inputs.values(), *length, *self.constants)


def shipped_profiles() -> dict[str, Profile]:
    """Return the profiles that come with the program, by name."""
    files = sorted(file.name for file in _SHIPPED.iterdir() if file.name.endswith(".json"))
    return {name.removesuffix(".json"): _parse(_SHIPPED.joinpath(name).read_text(), name) for name in files}


def load_profile(choice: str | None) -> Profile:
    """Read the profile of that file or shipped name; None gives the default. Raises Misconfigured."""
    if choice is None:
        return Profile()
    path = Path(choice).expanduser()
    if path.is_file():
        return _parse(_read(path), choice)
    shipped = shipped_profiles()
    if choice not in shipped:
        raise Misconfigured(f"there is no profile {choice!r}: neither a file nor one of {', '.join(shipped)}")
    return shipped[choice]


def choose_model(setting: str | None, profile: Profile) -> ModelRef:
    """Return the model of the setting, else the profile's. Raises Misconfigured when neither names one."""
    text = setting or profile.model
    if text is None:
        raise Misconfigured("no model is named, neither by the setting nor by the profile")
    return read_model(text, endpoint=profile.endpoint)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_PROFILE_BYTES:
            raise Misconfigured(f"the profile {path} is larger than {LARGEST_PROFILE_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"the profile {path} cannot be read: {error}") from error


def _parse(text: str, source: str) -> Profile:
    try:
        return Profile.model_validate(json.loads(text))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the profile'}: {fault['msg']}" for fault in error.errors()
        )
        raise Misconfigured(
            f"the profile {source} is wrong: {faults}. Inputs may be {', '.join(get_args(StoryboardField))}"
        ) from (error)
    except ValueError as error:
        raise Misconfigured(f"the profile {source} is no JSON: {error}") from error
