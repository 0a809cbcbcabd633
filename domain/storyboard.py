"""The storyboard: its scenes, the output wishes, their limits, and the hash that compares two storyboards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields

DEFAULT_SCENE_SECONDS = 3.0
LONGEST_SCENE_SECONDS = 600.0
LONGEST_VIDEO_SECONDS = 3600.0
MOST_SCENES = 500
SMALLEST_SIDE, LARGEST_SIDE = 16, 4096
MOST_FPS = 120


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


def storyboard_hash(scenes: tuple[Scene, ...], output: OutputWishes) -> str:
    """Return the SHA-256 (hex) of what would be rendered: equal for equal storyboards, however they were written."""
    canonical = {"scenes": [_members(scene, _SCENE) for scene in scenes], "output": _members(output, _OUTPUT)}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def total_seconds(scenes: Iterable[Scene]) -> float:
    """Return the length of the video that was asked for."""
    return sum(scene.duration_seconds for scene in scenes)


_SCENE, _OUTPUT = (tuple(field.name for field in fields(kind)) for kind in (Scene, OutputWishes))


def _members(value: Scene | OutputWishes, names: tuple[str, ...]) -> dict[str, object]:
    """Return the fields of a value as `asdict` does, but without copies."""
    return {name: getattr(value, name) for name in names}
