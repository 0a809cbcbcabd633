"""A job and its renders, as values. `evolve.py` says how events change them, `decide.py` what may happen next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain import events as e
from domain.cost import Prices, total
from domain.errors import IllegalMove
from domain.machine import FINAL, Status
from domain.rendering import RenderOrder
from domain.storyboard import OutputWishes, Scene, total_seconds
from domain.warnings import JobWarning

DOWNLOADING_PERCENT, FINALIZING_PERCENT = 96, 99
"""While a video is rendered the percent stays below these; 100 means completed."""


class RenderState(StrEnum):
    """What is known of one request to the renderer."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    UNRESOLVED = "unresolved"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    GIVEN_UP = "given_up"
    SETTLED = "settled"


OPEN_RENDERS = frozenset({RenderState.REQUESTED, RenderState.ACCEPTED, RenderState.UNRESOLVED, RenderState.GIVEN_UP})
"""States in which a render may exist at the provider and cost money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """One request to the renderer and what became of it. `cost` is None until it is known.

    `absences` counts how often it was concluded that a create of this token created nothing, `is_absent` tells whether
    that is the last word on it. `may_exist`: it was sent at least once, and never seen. `requested_at` is by the clock
    of the worker that asked, and None in histories of earlier versions, as the `prices` are by which it is paid.
    `list_price` is what a video that nobody sends a bill for would have cost.
    """

    attempt: int
    scene: int | None
    token: str
    order: RenderOrder
    deadline: datetime
    requested_at: datetime | None = None
    state: RenderState = RenderState.REQUESTED
    render_id: str | None = None
    cost: Decimal | None = None
    basis: e.Basis = "not_billed"
    prices: Prices | None = None
    list_price: Decimal | None = None
    absences: int = 0
    is_absent: bool = False
    may_exist: bool = False

    def prices_or(self, configured: Prices) -> Prices:
        """Return the prices of the request; `configured` where an earlier version stored none."""
        return self.prices or configured


def list_price(renders: Iterable[Render], *, images: int) -> Decimal | None:
    """Return what renders that nobody sends a bill for would have cost, None where there is none: images count once."""
    unbilled = [render for render in renders if render.prices is not None and not render.order.bills]
    if not unbilled:
        return None
    accepted = (render.prices.of_images(images) for render in unbilled if render.prices and render.render_id)
    videos = (render.list_price for render in unbilled if render.list_price is not None)
    return total([next(accepted, Decimal(0)), *videos])


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The state of one job after `version` events. A plain value: two folds of one history are equal."""

    job_id: str
    status: Status = Status.NEW
    version: int = 0
    last_event: str | None = None
    storyboard: tuple[Scene, ...] = ()
    output: OutputWishes = OutputWishes()  # noqa: RUF009 - frozen, so one value may be shared
    storyboard_hash: str | None = None
    received_hash: str | None = None
    estimated_cost: Decimal | None = None
    approval_warnings: tuple[JobWarning, ...] = ()
    attempt: int = 0
    tries: int = 0
    renders: tuple[Render, ...] = ()
    image_cost: Decimal = Decimal(0)
    images_paid: bool = False
    percent: int = 0
    scenes_completed: int = 0
    current_scene: int | None = None
    estimated_completion_seconds: int | None = None
    retry_at: datetime | None = None
    wait_seconds: float | None = None
    last_problem: str | None = None
    output_url: str | None = None
    expires_at: datetime | None = None
    download_until: datetime | None = None
    download_tries: int = 0
    stored: e.VideoStored | None = None
    completed: e.VideoCompleted | None = None
    stage: str | None = None
    error: str | None = None
    message: str = ""

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.status in FINAL

    @property
    def render(self) -> Render | None:
        """The newest request to the renderer."""
        return self.renders[-1] if self.renders else None

    @property
    def newest_render(self) -> Render:
        """The newest request to the renderer. Raises IllegalMove where there is none."""
        if self.render is None:
            raise IllegalMove(f"job {self.job_id} has no render")
        return self.render

    @property
    def deferred_render(self) -> Render | None:
        """The newest render where it is deferred: the next request uses its token again."""
        return self.render if self.render is not None and self.render.state is RenderState.DEFERRED else None

    @property
    def open_renders(self) -> tuple[Render, ...]:
        """Renders that may still cost money at the provider."""
        return tuple(render for render in self.renders if render.state in OPEN_RENDERS)

    def render_with(self, token: str) -> Render:
        """Return the render of this token. Raises IllegalMove."""
        for render in self.renders:
            if render.token == token:
                return render
        raise IllegalMove(f"no render of this job has the token {token}")

    @property
    def actual_cost(self) -> Decimal:
        """USD spent until now, as far as it is known."""
        if self.completed is not None:
            return self.completed.actual_cost
        images = self.image_cost if self.images_paid else Decimal(0)
        return total([images, *(render.cost for render in self.renders if render.cost is not None)])

    @property
    def counted_images(self) -> Decimal | None:
        """USD that the images of the job cost, which count once; None where nobody was paid for them yet."""
        return self.image_cost if self.images_paid and self.image_cost else None

    @property
    def list_price(self) -> Decimal | None:
        """USD that renders which nobody sends a bill for would have cost until now; None where there is none."""
        if self.completed is not None:
            return self.completed.list_price
        return list_price(self.renders, images=len(self.storyboard))

    @property
    def warnings(self) -> tuple[JobWarning, ...]:
        """What a person should check, though the job continues."""
        return self.approval_warnings if self.stored is None else self.approval_warnings + self.stored.warnings

    def asked_seconds(self, render: Render | None) -> float:
        """Return the seconds of video that a render was asked for; where its model takes none, the storyboard's."""
        sent = None if render is None else render.order.seconds_sent
        return total_seconds(self.storyboard) if sent is None else sent

    @property
    def unresolved_renders(self) -> tuple[Render, ...]:
        """Renders of which only a person can say whether they exist."""
        if self.status is not Status.RENDERING:
            return ()
        return tuple(render for render in self.renders if render.state is RenderState.UNRESOLVED)

    @property
    def needs_operator(self) -> bool:
        """Whether only a person can decide how the job continues."""
        return bool(self.unresolved_renders)

    def without_wait(self) -> Job:
        """Return the job without its wait: no time of a retry, no last problem."""
        return replace(self, retry_at=None, wait_seconds=None, last_problem=None, estimated_completion_seconds=None)
