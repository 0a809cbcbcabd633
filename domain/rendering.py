"""Render requests, and what a renderer answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.storyboard import OutputWishes, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRequest:
    """What is to be rendered. `scene` is None for the whole storyboard, else the one `scene_number` to render."""

    job_id: str
    token: str
    scenes: tuple[Scene, ...]
    output: OutputWishes
    deadline: datetime
    scene: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Still rendering. `percent` is 0-100 of the render alone; None where it is unknown."""

    percent: int | None = None
    scenes_completed: int = 0
    current_scene: int | None = None
    estimated_completion_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """Rendered. `billed_seconds` is the provider's own figure, where it has one."""

    output_url: str
    duration_seconds: float | None = None
    billed_seconds: float | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Ended without a video. `permanent`: another attempt would fail in the same way."""

    reason: str
    permanent: bool = False
    billed_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Ended because it was cancelled."""

    billed_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A local render whose process has ended: nothing is paid, it may be submitted again under the same token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """It succeeded and is paid, but the provider has removed its output: nothing is left to download."""

    billed_seconds: float | None = None


RenderProgress = Running | Succeeded | Forgotten | Failed | Cancelled | Lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Ids in the provider's list: `same` have our input, oldest first; `unclear` may have it, it was removed there."""

    same: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRender:
    """A render as the provider's list shows it, whoever asked for it. `web_url` is its page for people."""

    render_id: str
    model: str | None
    status: str
    created_at: datetime | None
    web_url: str | None
