"""The events: facts about one job, stored for ever. Field names are the stored names; a change here needs an upcast.

An attempt counts from 1 over the job's whole life. `scene` is None where one render makes the whole storyboard.
Money is USD as Decimal; times are aware UTC datetimes; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

from domain.cost import Prices
from domain.storyboard import OutputWishes, Scene
from domain.warnings import JobWarning

Basis = Literal["provider_metric", "measured_duration", "asked_duration", "not_billed"]
Resolution = Literal["adopted", "not_created", "given_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryboardApproved:
    """`warnings` say what of the approval was read otherwise than it stands."""

    storyboard: tuple[Scene, ...]
    output: OutputWishes
    storyboard_hash: str
    estimated_cost: Decimal | None = None
    warnings: tuple[JobWarning, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryboardRefused:
    """`received` is the message as text, cut at a limit; `received_hash` is the SHA-256 of the whole message."""

    reason: str
    received: str
    received_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRequested:
    """Stored before every call that creates; `token` names this request, also when it is sent again.

    All that a later look needs, whatever is configured then, is a `RenderOrder` (domain/rendering.py).
    `requested_at` is by the clock of the worker that asked; `estimated_cost` is what the render adds to the job's cost
    if it succeeds. `prices` are those that were configured then; it is paid by them. Earlier versions stored none.
    """

    attempt: int
    token: str
    renderer: str
    model: str | None
    request_hash: str
    deadline: datetime
    image_cost: Decimal
    scene: int | None = None
    seconds_sent: float | None = None
    account: str | None = None
    profile: str | None = None
    seed: int | None = None
    input: Mapping[str, object] | None = None
    recall: Mapping[str, object] | None = None
    estimated_cost: Decimal | None = None
    requested_at: datetime | None = None
    prices: Prices | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderAccepted:
    attempt: int
    render_id: str
    scene: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRendered:
    scene: int
    attempt: int
    output_url: str
    expires_at: datetime | None
    duration_seconds: float
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneStored:
    """`reused_from` is the job whose stored scene was used, so that nothing was rendered."""

    scene: int
    sha256: str
    size_bytes: int
    duration_seconds: float
    reused_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderDeferred:
    """Nothing was created; the same token is used again at `retry_at` and no attempt is counted.

    `absent`: it may have been sent, and was looked for in the provider's list in vain. Else it surely created nothing.
    """

    attempt: int
    reason: str
    retry_at: datetime
    scene: int | None = None
    absent: bool = False
    retry_in_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderUnresolved:
    """Nobody can tell whether the render was created: a person must check."""

    attempt: int
    token: str
    reason: str
    scene: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderResolved:
    """What a person says of an unresolved render; an adopted one has the provider's `render_id`."""

    token: str
    outcome: Resolution
    by: str
    render_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderProgressed:
    percent: int
    scenes_completed: int
    current_scene: int | None
    estimated_completion_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderAttemptFailed:
    """`tries` counts attempts since the last retry by an operator; `retry_at` is None after the last attempt."""

    attempt: int
    reason: str
    cost: Decimal
    basis: Basis
    tries: int
    tries_allowed: int
    retry_at: datetime | None
    retry_in_seconds: float | None
    scene: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSucceeded:
    """`cost` is what is known now; VideoCompleted has the final figure. The download ends at `download_until`."""

    attempt: int
    output_url: str
    duration_seconds: float | None
    expires_at: datetime | None
    download_until: datetime
    cost: Decimal
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadAttemptFailed:
    """`permanent`: the output itself is lost, so that only another render can help."""

    attempt: int
    reason: str
    retry_at: datetime | None
    retry_in_seconds: float | None
    permanent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStored:
    """`warnings` say how the video differs from what was requested."""

    size_bytes: int
    sha256: str
    duration_seconds: float
    warnings: tuple[JobWarning, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptCost:
    attempt: int
    cost: Decimal
    basis: Basis
    scene: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoCompleted:
    """`video_url`, `sha256`, `width`, `height` and `codec` are None where the renderer stores no file (noop).

    `list_price` is what renders that nobody sends a bill for would have cost; None where all were billed.
    """

    video_url: str | None
    size_bytes: int
    sha256: str | None
    duration_seconds: float
    width: int | None
    height: int | None
    codec: str | None
    actual_cost: Decimal
    image_cost: Decimal
    attempt_costs: tuple[AttemptCost, ...]
    above_estimate: bool = False
    list_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed:
    stage: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCancelled:
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRequested:
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadRetryRequested:
    by: str
    output_url: str
    expires_at: datetime | None
    download_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSettled:
    """What became known of a render after its job had ended. One that succeeded after all has its output."""

    attempt: int
    render_id: str | None
    outcome: str
    cost: Decimal
    basis: Basis
    scene: int | None = None
    output_url: str | None = None
    expires_at: datetime | None = None


RenderEvent = (
    RenderRequested
    | RenderAccepted
    | SceneRendered
    | SceneStored
    | RenderDeferred
    | RenderUnresolved
    | RenderResolved
    | RenderProgressed
    | RenderAttemptFailed
    | RenderSucceeded
    | RenderSettled
)
DownloadEvent = DownloadAttemptFailed | VideoStored | VideoCompleted | DownloadRetryRequested
Event = StoryboardApproved | StoryboardRefused | RenderEvent | DownloadEvent | JobFailed | JobCancelled | RetryRequested

EVENT_TYPES: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}
FINAL_EVENTS = frozenset({"StoryboardRefused", "VideoCompleted", "JobFailed", "JobCancelled"})
