"""The storyboard, scene by scene: its images, and which of them are rendered."""

from __future__ import annotations

from typing import Literal

from domain import events as e
from domain.machine import Status
from domain.storyboard import Scene, total_seconds
from service.http.pages.formats import counted, span
from service.http.pages.html import Html, h
from service.http.pages.shown_job import Shown

State = Literal["done", "now", "ahead"]
_WORDS: dict[State, str] = {"done": "rendered", "now": "rendering", "ahead": ""}


def scenes(shown: Shown) -> Html | None:
    """Return the storyboard; None of a job that was refused and has none."""
    storyboard = shown.job.storyboard
    if not storyboard:
        return None
    length = f"{counted(len(storyboard), 'scene')}, {span(total_seconds(storyboard))}"
    cells = [_cell(shown, scene, _state(shown, scene.scene_number)) for scene in storyboard]
    return h(
        "section",
        h("h2", "Storyboard ", h("small", length)),
        h("ol", cells, class_="scenes"),
        id="storyboard",
    )


def _cell(shown: Shown, scene: Scene, state: State) -> Html:
    number = scene.scene_number
    image = h(
        "img",
        src=f"{shown.url}/scenes/{number}/image",
        alt=f"Scene {number}" if not scene.description else f"Scene {number}: {scene.description[:200]}",
        loading="lazy",
        decoding="async",
    )
    caption = h(
        "div",
        h("span", h("b", number), f" {span(scene.duration_seconds)}", class_="figure"),
        h("span", _WORDS[state], class_="scene-state") if _WORDS[state] else None,
        class_="scene-head",
    )
    return h(
        "li",
        image,
        caption,
        h("p", scene.description, dir="auto") if scene.description else None,
        class_=f"scene {state}",
        data_key=f"scene-{number}",
    )


def _state(shown: Shown, number: int) -> State:
    job = shown.job
    if job.status in {Status.DOWNLOADING, Status.COMPLETED} or number in _stored(shown):
        return "done"
    if job.status is not Status.RENDERING:
        return "ahead"
    if number == job.current_scene:
        return "now"
    return "done" if number <= job.scenes_completed and not _stored(shown) else "ahead"


def _stored(shown: Shown) -> set[int]:
    """Return the scenes that lie in the store already, where they are rendered one by one."""
    return {recorded.event.scene for recorded in shown.history if isinstance(recorded.event, e.SceneStored)}
