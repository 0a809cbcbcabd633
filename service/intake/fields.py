"""The types of the fields of messages: how each is read, and its JSON schema."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final, NamedTuple

from pydantic import BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from domain.job_id import JOB_ID
from domain.storyboard import LARGEST_SIDE, LONGEST_SCENE_SECONDS, MOST_FPS, SMALLEST_SIDE
from service.intake.reading import read_job_id

LARGEST_ESTIMATE = Decimal(10) ** 9
"""USD. A larger one would overflow the comparison with the actual cost, or make every message longer."""
SMALLEST_STEP = Decimal("0.000001")
LONGEST_ESTIMATE = 20
"""Letters. A longer number is rounded to the smallest step."""
LONGEST_QUOTED = 40
"""Letters of a value that a warning repeats."""
NO_IMAGE: Final = "is missing image"


def clean_text(raw: object) -> str:
    """Return a text that can be stored, without NUL and single surrogates; of other types the empty text."""
    return raw.replace("\x00", "").encode(errors="replace").decode() if isinstance(raw, str) else ""


def _image_url(raw: object) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise PydanticCustomError("image_url", NO_IMAGE)
    if clean_text(raw) != raw:
        raise PydanticCustomError("image_url", f"{NO_IMAGE}: its image_url has characters that no URL has")
    return raw.strip()


def _number(raw: object) -> float:
    """Read a number, which may come as text; NaN, which is outside of every range, for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return math.nan
    try:
        return float(raw)
    except (ValueError, OverflowError):
        return math.nan


class Estimate(NamedTuple):
    """An estimate as it was read, which never stops a job. `fault` says why it is another one than was sent."""

    amount: Decimal | None
    fault: str | None = None


NO_ESTIMATE: Final = Estimate(None)


def _estimate(raw: object) -> Estimate:
    if raw is None:
        return NO_ESTIMATE
    amount = _amount(raw)
    if amount is None:
        limits = f"a number of USD from 0 to {LARGEST_ESTIMATE:,}"
        return Estimate(None, f"{_quoted(raw)} is no estimate, so the job has none: it would be {limits}")
    rounded = amount.quantize(SMALLEST_STEP)
    if amount == rounded:
        return Estimate(amount if len(str(raw)) <= LONGEST_ESTIMATE else rounded)
    return Estimate(rounded, f"{_quoted(raw)} was rounded to {rounded}")


def _amount(raw: object) -> Decimal | None:
    """Return an amount of money, None for what is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        amount = Decimal(str(raw))
    except (InvalidOperation, ValueError):
        return None
    return amount if amount.is_finite() and 0 <= amount <= LARGEST_ESTIMATE else None


def _quoted(raw: object) -> str:
    text = clean_text(raw) if isinstance(raw, str) else _plain(raw)
    return repr(text[:LONGEST_QUOTED]) if isinstance(raw, str) else text[:LONGEST_QUOTED]


def _plain(raw: object) -> str:
    try:
        return str(raw)
    except ValueError:  # Python writes no whole number of thousands of digits
        return "a number of thousands of digits"


_Whole = Field(json_schema_extra={"type": "integer"})

JobId = Annotated[
    str,
    PlainValidator(
        read_job_id,
        json_schema_input_type=Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=f"^{JOB_ID.pattern}$")],
    ),
]
Text = Annotated[str, PlainValidator(clean_text, json_schema_input_type=str)]
ImageUrl = Annotated[str, PlainValidator(_image_url, json_schema_input_type=Annotated[str, Field(min_length=1)])]
Seconds = Annotated[float, Field(gt=0, le=LONGEST_SCENE_SECONDS), BeforeValidator(_number)]
Pixels = Annotated[float, Field(ge=SMALLEST_SIDE, le=LARGEST_SIDE), BeforeValidator(_number), _Whole]
FramesPerSecond = Annotated[float, Field(ge=1, le=MOST_FPS), BeforeValidator(_number), _Whole]
EstimateField = Annotated[
    Estimate,
    PlainValidator(_estimate, json_schema_input_type=Annotated[float, Field(ge=0, le=float(LARGEST_ESTIMATE))]),
]
