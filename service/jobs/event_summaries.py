"""Each event in a few words, for a row of a table."""

from __future__ import annotations

from typing import assert_never

from domain import events as e
from domain.storyboard import total_seconds
from service.formats import list_price, money, size


def event_summary(event: e.Event) -> str:
    """Return what happened, without what the event's type already says."""
    if isinstance(event, e.RenderEvent):
        return _of_render(event)
    match event:
        case e.StoryboardApproved():
            return f"{len(event.storyboard)} scenes, {total_seconds(event.storyboard):g} s"
        case e.StoryboardRefused():
            return event.reason
        case e.VideoStored():
            warnings = "".join(f"; {warning.message}" for warning in event.warnings)
            return f"{size(event.size_bytes)}, {event.duration_seconds:.2f} s, SHA-256 {event.sha256[:12]}{warnings}"
        case e.VideoCompleted():
            unbilled = "" if event.list_price is None else f", {list_price(event.list_price)}"
            return f"cost {money(event.actual_cost)}{unbilled}{', above the estimate' if event.above_estimate else ''}"
        case e.JobFailed():
            return f"while {event.stage}: {event.reason}"
        case e.JobCancelled():
            return f"by {event.by}{f': {event.reason}' if event.reason else ''}"
        case e.RetryRequested() | e.DownloadRetryRequested():
            return f"by {event.by}"
        case e.DownloadAttemptFailed():
            return f"{event.reason}{_again(event.retry_in_seconds)}"
        case _:
            assert_never(event)


def _of_render(event: e.RenderEvent) -> str:  # noqa: C901 - a case for each event, nothing else
    match event:
        case e.RenderRequested():
            return f"attempt {event.attempt}{_scene(event.scene)} of {event.model or event.renderer}"
        case e.RenderAccepted():
            return f"attempt {event.attempt}{_scene(event.scene)}, render {event.render_id}"
        case e.SceneRendered():
            return f"scene {event.scene}, {event.duration_seconds:g} s, cost {money(event.cost)}"
        case e.SceneStored():
            reused = f", reused from {event.reused_from}" if event.reused_from else ""
            return f"scene {event.scene}, {size(event.size_bytes)}{reused}"
        case e.RenderProgressed():
            return f"{event.percent} %{_scene(event.current_scene)}"
        case e.RenderSucceeded():
            length = "" if event.duration_seconds is None else f", {event.duration_seconds:.2f} s"
            return f"attempt {event.attempt}{length}, cost {money(event.cost)}"
        case e.RenderDeferred():
            return f"{event.reason}; again at {event.retry_at:%H:%M:%S}"
        case e.RenderUnresolved():
            return event.reason
        case e.RenderResolved():
            return f"{event.outcome} by {event.by}"
        case e.RenderAttemptFailed():
            return f"attempt {event.attempt}: {event.reason}{_again(event.retry_in_seconds)}"
        case e.RenderSettled():
            return f"attempt {event.attempt} {event.outcome}, cost {money(event.cost)}"
        case _:
            assert_never(event)


def _scene(scene: int | None) -> str:
    return "" if scene is None else f", scene {scene}"


def _again(seconds: float | None) -> str:
    return "" if seconds is None else f"; again in {seconds:g} s"
