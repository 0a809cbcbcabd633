"""The storyboard: what an approver sends, read into scenes, and the hash that tells two storyboards apart."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

DEFAULT_SCENE_SECONDS = 3.0
LONGEST_SCENE_SECONDS = 600.0
LONGEST_VIDEO_SECONDS = 3600.0
MOST_SCENES = 500
SMALLEST_SIDE, LARGEST_SIDE = 16, 4096
MOST_FPS = 120

NOT_APPROVED = "Storyboard must be approved"
NO_STORYBOARD = "No storyboard data available"


class Refusal(ValueError):
    """The approval can be read but not rendered; the text is the reason the approver sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One image of the video, shown for `duration_seconds`; `scene_number` counts from 1 in storyboard order."""

    scene_number: int
    image_url: str
    description: str = ""
    duration_seconds: float = DEFAULT_SCENE_SECONDS
    image_prompt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputWishes:
    """What the approver asks of the file: pixels, frames per second, container; None leaves it to the renderer."""

    width: int | None = None
    height: int | None = None
    fps: int | None = None
    format: str = "mp4"


def read_storyboard(raw: object) -> tuple[Scene, ...]:
    """Read a storyboard as it was sent: a list of entries, or a JSON string of one.

    An entry is flat (`image_url`, `description`, `duration_seconds`) or nests `scene`.
    Raises Refusal, whose text begins with one of the contract's reasons.
    """
    entries = _json(raw) if isinstance(raw, str) else raw
    if not isinstance(entries, list) or not entries:
        raise Refusal(NO_STORYBOARD)
    if len(entries) > MOST_SCENES:
        raise Refusal(f"{NO_STORYBOARD}: {len(entries)} scenes, at most {MOST_SCENES} can be rendered")
    scenes = tuple(_read_scene(entry, number) for number, entry in enumerate(entries, start=1))
    if sum(scene.duration_seconds for scene in scenes) > LONGEST_VIDEO_SECONDS:
        raise Refusal(f"{NO_STORYBOARD}: longer than {LONGEST_VIDEO_SECONDS:g} s in all")
    return scenes


def read_output(raw: object) -> OutputWishes:
    """Read the wishes for the file; odd sizes are rounded down to even ones, as H.264 needs them. Raises Refusal."""
    if raw is None:
        return OutputWishes()
    if not isinstance(raw, Mapping):
        raise Refusal(f"{NO_STORYBOARD}: output must be an object with width, height, fps and format")
    kind = raw.get("format") or "mp4"
    if kind != "mp4":
        raise Refusal(f"{NO_STORYBOARD}: output.format must be mp4")
    width, height = (_whole(raw, side, SMALLEST_SIDE, LARGEST_SIDE) for side in ("width", "height"))
    return OutputWishes(
        width=None if width is None else width - width % 2,
        height=None if height is None else height - height % 2,
        fps=_whole(raw, "fps", 1, MOST_FPS),
    )


def storyboard_hash(scenes: tuple[Scene, ...], output: OutputWishes) -> str:
    """SHA-256 (hex) of what would be rendered: equal for equal storyboards, however they were written."""
    canonical = {"scenes": [asdict(scene) for scene in scenes], "output": asdict(output)}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def total_seconds(scenes: Iterable[Scene]) -> float:
    """Length of the video that was asked for, in seconds."""
    return sum(scene.duration_seconds for scene in scenes)


def _read_scene(entry: object, number: int) -> Scene:
    if not isinstance(entry, Mapping):
        raise Refusal(f"Scene {number} is missing image")
    nested = entry.get("scene")
    given = {name: value for name, value in entry.items() if value is not None}
    fields: Mapping[str, object] = {**nested, **given} if isinstance(nested, Mapping) else given
    image_url = fields.get("image_url")
    if not isinstance(image_url, str) or not image_url.strip():
        raise Refusal(f"Scene {number} is missing image")
    if _text(image_url) != image_url:
        raise Refusal(f"Scene {number} is missing image: its image_url has characters that no URL has")
    prompt = fields.get("image_prompt")
    return Scene(
        scene_number=number,
        image_url=image_url.strip(),
        description=_text(fields.get("description")),
        duration_seconds=_seconds(fields, number),
        image_prompt=_text(prompt) if prompt is not None else None,
    )


def _seconds(fields: Mapping[str, object], number: int) -> float:
    raw = next((fields[name] for name in ("duration_seconds", "duration") if fields.get(name) is not None), None)
    if raw is None:
        return DEFAULT_SCENE_SECONDS
    seconds = _number(raw)
    if seconds is None or not 0 < seconds <= LONGEST_SCENE_SECONDS:
        raise Refusal(
            f"{NO_STORYBOARD}: scene {number} needs a duration above 0 and at most {LONGEST_SCENE_SECONDS:g} s"
        )
    return seconds


def _whole(raw: Mapping[str, object], name: str, least: int, most: int) -> int | None:
    if raw.get(name) is None:
        return None
    number = _number(raw[name])
    if number is None or not least <= number <= most:
        raise Refusal(f"{NO_STORYBOARD}: output.{name} must be between {least} and {most}")
    return int(number)


def _number(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(raw: object) -> str:
    """Half a surrogate pair, which a JSON string can hold, cannot be stored; neither can every database keep a NUL."""
    return raw.replace("\x00", "").encode(errors="replace").decode() if isinstance(raw, str) else ""


def _json(raw: str) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refusal(NO_STORYBOARD) from error
