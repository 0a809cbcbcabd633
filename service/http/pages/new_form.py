"""The form for a storyboard. Without scripts it takes addresses; scripts add files, scenes and the estimate."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from domain.images import IMAGE_TYPES, LARGEST_IMAGE_BYTES
from domain.storyboard import DEFAULT_SCENE_SECONDS, LONGEST_SCENE_SECONDS
from service.http.pages.formats import pixels
from service.http.pages.html import Html, h
from service.http.problems import KINDS, Problem

Fields = Mapping[str, str]
EMPTY_SCENES: Final = 3
MOST_SCENES: Final = 100
_SIZES: Final = ((1280, 720), (720, 1280), (1920, 1080), (640, 360))
SIZES: Final = {f"{width}x{height}": pixels(width, height) for width, height in _SIZES}


class FormPrices(NamedTuple):
    """What the form counts with, in USD. `is_billed`: somebody is paid."""

    per_image: Decimal
    per_second: Decimal
    per_video: Decimal
    is_billed: bool


def new_form(fields: Fields, problem: Problem | None, *, prices: FormPrices) -> Html:
    """Return the body of the page. `fields` are what was entered before the problem."""
    storyboard = _storyboard(fields, prices)
    return h(
        "main",
        h("div", h("h1", "New video"), class_="title"),
        h("p", "One image a scene, in the order of the video. Approving it begins the render.", class_="soft"),
        _problem(problem),
        h("div", storyboard, _sample(), class_="columns"),
        id="main",
        class_="new",
    )


def _storyboard(fields: Fields, prices: FormPrices) -> Html:
    entered = max((n for n in range(1, MOST_SCENES + 1) if fields.get(f"image_url-{n}")), default=0)
    scenes = [_scene(str(number), fields) for number in range(1, max(entered, EMPTY_SCENES) + 1)]
    form = h(
        "form",
        h("ol", scenes, id="scenes", class_="scene-fields"),
        _tools(),
        _output(fields),
        h("p", id="estimate", class_="soft", aria_live="polite"),
        h("p", id="form-problem", class_="wrong", role="alert"),
        h("button", "Approve and render"),
        method="post",
        action="/new",
        class_="card stack",
    )
    return h(
        "new-video",
        form,
        h("template", _scene("0", {}), id="scene-template"),
        data_price_per_image=str(prices.per_image),
        data_price_per_second=str(prices.per_second),
        data_price_per_video=str(prices.per_video),
        data_unbilled=not prices.is_billed,
        data_largest_bytes=LARGEST_IMAGE_BYTES,
        data_most_scenes=MOST_SCENES,
        class_="column",
    )


def _scene(number: str, fields: Fields) -> Html:
    return h(
        "li",
        h("img", alt="", hidden=True, class_="preview"),
        h(
            "div",
            _field("Address of the image", f"image_url-{number}", fields, placeholder="https://…", inputmode="url"),
            _field("Description", f"description-{number}", fields, placeholder="What it shows", maxlength=2000),
            class_="scene-texts",
        ),
        _field(
            "Seconds",
            f"seconds-{number}",
            {f"seconds-{number}": f"{DEFAULT_SCENE_SECONDS:g}", **fields},
            type_="number",
            min=0.1,
            max=LONGEST_SCENE_SECONDS,
            step=0.1,
        ),
        h("button", "Remove", type="button", class_="quiet small remove", hidden=True),
        class_="scene-field",
    )


def _field(label: str, name: str, fields: Fields, **attributes: str | float) -> Html:
    field = h("input", id=name, name=name, value=fields.get(name) or None, autocomplete="off", **attributes)
    return h("div", h("label", label, for_=name), field, class_="field")


def _tools() -> Html:
    files = h("input", type="file", id="files", accept=",".join(IMAGE_TYPES), multiple=True, class_="unseen")
    return h(
        "div",
        h("label", "Add images from this computer", files, class_="button quiet"),
        h("button", "Add a scene", type="button", id="add-scene", class_="quiet"),
        h("span", "or drop them here: JPEG, PNG or WebP, at most 25 MB each", class_="soft"),
        id="tools",
        class_="tools",
        hidden=True,
    )


def _output(fields: Fields) -> Html:
    chosen = fields.get("size")
    options = [h("option", name, value=size, selected=size == chosen) for size, name in SIZES.items()]
    return h(
        "div",
        h("div", h("label", "Size", for_="size"), h("select", options, id="size", name="size"), class_="field"),
        _field(
            "Name of the job",
            "job_id",
            fields,
            placeholder="optional",
            pattern="[A-Za-z0-9][A-Za-z0-9_\\-]{0,63}",
            title="Letters, digits, - and _, at most 64",
        ),
        class_="wishes",
    )


def _sample() -> Html:
    return h(
        "aside",
        h(
            "form",
            h("h2", "No images?"),
            h("p", "Five panels of a paper boat on its way to the sea, 8 seconds.", class_="soft"),
            h("button", "Make the sample video", class_="quiet"),
            method="post",
            action="/new/sample",
            class_="card stack",
        ),
        h("div", h("h2", "In a terminal"), h("pre", "reelwright approve 1.jpg 2.jpg --watch"), class_="card stack"),
        class_="column",
    )


def _problem(problem: Problem | None) -> Html | None:
    if problem is None:
        return None
    kind = KINDS[problem.code]
    text = (h("b", f"{kind.title}: "), problem.detail, f". {kind.hint}")
    return h("p", *text, class_="notice wrong", role="alert", id="problem")
