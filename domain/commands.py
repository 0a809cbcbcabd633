"""What a job may be asked to do. `at` is the time of the command; the domain reads no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.cost import Prices
from domain.events import Basis
from domain.rendering import RenderOrder
from domain.retry import RetryPolicy
from domain.storyboard import OutputWishes, Scene
from domain.warnings import JobWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    storyboard: tuple[Scene, ...]
    output: OutputWishes
    storyboard_hash: str
    estimated_cost: Decimal | None = None
    warnings: tuple[JobWarning, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseStoryboard:
    reason: str
    received: str
    received_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRender:
    """`deadline` is used for a new attempt, and for one of which nothing was sent until now."""

    token: str
    order: RenderOrder
    at: datetime
    deadline: datetime
    prices: Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRender:
    token: str
    render_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferRender:
    """Nothing was created: the same token is used again `wait_seconds` later. `absent` as in `RenderDeferred`."""

    token: str
    reason: str
    at: datetime
    wait_seconds: float = 0.0
    absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveUnresolved:
    token: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptRender:
    """A person found the render of an unresolved request at the provider, which knows this id."""

    token: str
    render_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportProgress:
    percent: int
    scenes_completed: int
    current_scene: int | None
    estimated_completion_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailRender:
    """`retry` is None when another attempt cannot help: the job fails with the reason as it is."""

    token: str
    reason: str
    at: datetime
    retry: RetryPolicy | None
    cost: Decimal = Decimal(0)
    basis: Basis = "not_billed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SucceedRender:
    """`billed_seconds` is the provider's own figure, where it has one; `prices` as in `CompleteJob`."""

    token: str
    output_url: str
    duration_seconds: float | None
    expires_at: datetime | None
    download_until: datetime
    prices: Prices
    billed_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailDownload:
    """`ahead_seconds`: how far the clock of `at` is ahead of that by which the times of the output were stored."""

    reason: str
    at: datetime
    permanent: bool = False
    ahead_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreVideo:
    size_bytes: int
    sha256: str
    duration_seconds: float
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteJob:
    """`video_url`, `sha256`, `width`, `height` and `codec` are None for a renderer that stores no file.

    `prices` are used for requests that an earlier version stored without theirs.
    """

    video_url: str | None
    duration_seconds: float
    prices: Prices
    threshold: Decimal
    size_bytes: int = 0
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    codec: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailJob:
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A person asks to try again; of an unresolved render it says that none was created.

    `download_seconds` limits the download of an output that has not expired. `scene` chooses among unresolved renders.
    `ahead_seconds`: how far the clock of `at` is ahead of that by which the expiry of the output was stored.
    """

    by: str
    at: datetime
    download_seconds: float = 3300.0
    scene: int | None = None
    ahead_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleRender:
    token: str
    outcome: str
    render_id: str | None = None
    cost: Decimal = Decimal(0)
    basis: Basis = "not_billed"
    output_url: str | None = None
    expires_at: datetime | None = None


RenderCommand = (
    RequestRender
    | AcceptRender
    | DeferRender
    | LeaveUnresolved
    | AdoptRender
    | ReportProgress
    | FailRender
    | SucceedRender
    | SettleRender
)
DownloadCommand = FailDownload | StoreVideo | CompleteJob
Command = Approve | RefuseStoryboard | RenderCommand | DownloadCommand | FailJob | Cancel | Retry
