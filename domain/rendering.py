"""Render requests, the orders that are stored of them, and what a renderer answers."""

from __future__ import annotations

from collections.abc import Mapping
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


LOCAL_RENDERERS = frozenset({"slideshow", "noop"})
"""They work on this machine, and nobody sends a bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOrder:
    """What is ordered where: enough to find the render, to read its end and to end it, whatever is configured then.

    `account` and `profile` are hashes; `input` has long texts and images as SHA-256; `recall` is the renderer's own
    note of how the render can be found again and read. All four are None in orders that an earlier version stored,
    and where nobody is paid. `seconds_sent` is the length of video that is asked for, None where none is sent.
    """

    renderer: str
    model: str | None
    request_hash: str
    account: str | None = None
    profile: str | None = None
    seed: int | None = None
    input: Mapping[str, object] | None = None
    recall: Mapping[str, object] | None = None
    seconds_sent: float | None = None

    @property
    def bills(self) -> bool:
        """Whether a render may have to be paid."""
        return self.renderer not in LOCAL_RENDERERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Still rendering. `percent` is 0-100 of the render alone; None where it is unknown.

    `age_seconds` is how long ago it was created, by the provider's own clock alone; None where that cannot be told.
    """

    percent: int | None = None
    scenes_completed: int = 0
    current_scene: int | None = None
    estimated_completion_seconds: int | None = None
    age_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """Rendered. `billed_seconds` is the provider's own figure, where it has one."""

    output_url: str
    duration_seconds: float | None = None
    billed_seconds: float | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Ended without a video. `permanent`: another attempt would fail in the same way.

    `billed_seconds` is 0 where nobody is paid for it, None where nobody can tell: then it costs what was asked for.
    """

    reason: str
    permanent: bool = False
    billed_seconds: float | None = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Ended because it was cancelled. `billed_seconds` as in `Failed`, of the time that it ran.

    `age_seconds`: how old it was then, by the provider's own clock alone.
    """

    billed_seconds: float | None = None
    age_seconds: float | None = None


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
    """Ids in the provider's list: `same` are of the order, oldest first; `unclear` may be and cannot be compared.

    `complete_since`: whatever was created since then was seen, with its input; by our clock. None: all there ever was.
    `reaches_back` is false where the provider's own clock says that the order is too old to be shown any more.
    """

    same: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    complete_since: datetime | None = None
    reaches_back: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRender:
    """A render as the provider's list shows it, whoever asked for it. `web_url` is its page for people."""

    render_id: str
    model: str | None
    status: str
    created_at: datetime | None
    web_url: str | None
