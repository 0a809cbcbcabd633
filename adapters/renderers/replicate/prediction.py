"""A prediction as the provider sends it: every field but id and status may be missing or of another type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

_TIME: TypeAdapter[datetime] = TypeAdapter(datetime)
_YEARS = range(2000, 9000)
"""Another year is a mistake of the provider, and a time computed with it may be none."""


def read_time(raw: object) -> datetime | None:
    """Return a time, aware, None where it is none or absurd; nine fraction digits are cut to six."""
    try:
        time = _TIME.validate_python(raw) if isinstance(raw, str) else None
    except ValidationError:
        return None
    return None if time is None or time.year not in _YEARS else time.replace(tzinfo=time.tzinfo or UTC)


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) else None


def _object(raw: object) -> dict[str, object] | None:
    return {str(key): value for key, value in raw.items()} if isinstance(raw, Mapping) else None


Time = Annotated[datetime | None, BeforeValidator(read_time)]
Text = Annotated[str | None, BeforeValidator(_text)]
Object = Annotated[dict[str, Any] | None, BeforeValidator(_object)]


class Prediction(BaseModel):
    """What is known of one render at the provider, all times by its clock. `seen_at` is the time of its answer."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")
    status: str
    model: Text = None
    version: Text = None
    deployment: Text = None
    input: Object = None
    output: Any = None
    error: Any = None
    logs: Text = None
    metrics: Object = None
    urls: Object = None
    created_at: Time = None
    started_at: Time = None
    completed_at: Time = None
    seen_at: Time = None
    data_removed: Annotated[bool, BeforeValidator(lambda raw: raw is True)] = False


def read_prediction(raw: object) -> Prediction | None:
    """Return the prediction, None where it is none."""
    try:
        prediction = Prediction.model_validate(raw)
    except ValidationError:
        return None
    return prediction.model_copy(update={"seen_at": None})
