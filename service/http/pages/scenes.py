"""The storyboard: the image of each scene, and whether it is rendered."""

from __future__ import annotations

from typing import Literal

from domain import events as e
from domain.machine import Status
from domain.storyboard import Scene, total_seconds
from service.http.pages.formats import counted, span
from service.http.pages.html import Html, h
from service.http.pages.page_data import JobPageData

State = Literal["done", "now", "ahead"]
_WORDS: dict[State, str] = {"done": "rendered", "now": "rendering", "ahead": ""}


def scenes(data: JobPageData) -> Html | None:
    """Return the storyboard, None for a refused job without one."""
    storyboard = data.job.storyboard
    if not storyboard:
        return None
    length = f"{counted(len(storyboard), 'scene')}, {span(total_seconds(storyboard))}"
    cells = [_cell(data, scene, _state(data, scene.scene_number)) for scene in storyboard]
    title = h("h2", "Storyboard ", h("small", length))
    return h("section", title, h("ol", cells, class_="scenes"), id="storyboard")


def _cell(data: JobPageData, scene: Scene, state: State) -> Html:
    number = scene.scene_number
    image = h(
        "img",
        src=f"{data.url}/scenes/{number}/image",
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


def _state(data: JobPageData, number: int) -> State:
    job = data.job
    if job.status in {Status.DOWNLOADING, Status.COMPLETED} or number in _stored(data):
        return "done"
    if job.status is not Status.RENDERING:
        return "ahead"
    if number == job.current_scene:
        return "now"
    return "done" if number <= job.scenes_completed and not _stored(data) else "ahead"


def _stored(data: JobPageData) -> set[int]:
    """Return the scenes whose own video is stored, when scenes are rendered one by one."""
    return {recorded.event.scene for recorded in data.history if isinstance(recorded.event, e.SceneStored)}
