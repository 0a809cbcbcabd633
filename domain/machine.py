"""The table of legal moves, and the only place that knows it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from transitions import Machine

from domain.errors import IllegalMove


class Status(StrEnum):
    """Where a job stands; `new` before its first event."""

    NEW = "new"
    APPROVED = "approved"
    RENDERING = "rendering"
    DOWNLOADING = "downloading"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


_WORKING = ["approved", "rendering", "downloading"]
_MOVES: list[list[Sequence[str]]] = [
    ["StoryboardApproved", ["new", "failed"], "approved"],
    ["StoryboardRefused", "new", "failed"],
    ["RenderRequested", ["approved", "rendering"], "rendering"],
    ["RenderAccepted", "rendering", "rendering"],
    ["SceneRendered", "rendering", "rendering"],
    ["SceneStored", "rendering", "rendering"],
    ["RenderDeferred", "rendering", "rendering"],
    ["RenderUnresolved", "rendering", "rendering"],
    ["RenderResolved", "rendering", "rendering"],
    ["RenderProgressed", "rendering", "rendering"],
    ["RenderAttemptFailed", "rendering", "rendering"],
    ["RenderSucceeded", "rendering", "downloading"],
    ["DownloadAttemptFailed", "downloading", "downloading"],
    ["VideoStored", "downloading", "downloading"],
    ["VideoCompleted", "downloading", "completed"],
    ["JobFailed", _WORKING, "failed"],
    ["JobCancelled", _WORKING, "cancelled"],
    ["RetryRequested", "failed", "approved"],
    ["DownloadRetryRequested", "failed", "downloading"],
    ["RenderSettled", "failed", "failed"],
    ["RenderSettled", "cancelled", "cancelled"],
]

MACHINE: Final = Machine(
    model=None, states=[status.value for status in Status], initial="new", transitions=_MOVES, auto_transitions=False
)

FINAL: Final = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})


def moves() -> dict[tuple[Status, str], Status]:
    """Return every legal move of the machine: (from, event type) → to."""
    return {
        (Status(arrow.source), event.name): Status(str(arrow.dest))
        for event in MACHINE.events.values()
        for arrows in event.transitions.values()
        for arrow in arrows
    }


_TO: Final = moves()


def move(status: Status, event_type: str, *, after: str | None) -> Status:
    """Return the status that `event_type` leads to. `after` is the type of the job's last event.

    One move depends on the event before it: only a refused job may be approved again. Raises IllegalMove.
    """
    to = _TO.get((status, event_type))
    refused = after == "StoryboardRefused"
    if to is None or (status is Status.FAILED and (event_type == "StoryboardApproved") is not refused):
        raise IllegalMove(f"{event_type} is not possible while a job is {status}")
    return to
