"""Whose a listed render is: what cannot be compared is unclear, and what surely differs is another's."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
import unicodedata
from collections.abc import Callable

import pytest
from PIL import Image

from adapters.renderers.replicate.comparing import FileFacts
from adapters.renderers.replicate.kept_input import kept_input, stored_input
from adapters.renderers.replicate.mapping import ModelInput, SceneImage
from adapters.renderers.replicate.matching import ShownRender, Verdict, Wanted, verdict_of
from adapters.renderers.replicate.recall import Recall

NAME, OTHER_NAME = "acme/film", "acme/other"
SEED = 1_234_567
FILES = "https://provider.example/v1/files/"
LONG = "Ein sehr langer Text über Äpfel." * 60


def png(shade: int) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((40, 40), shade).save(file, format="PNG")
    return file.getvalue()


def data_url(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


PICTURE, OTHER_PICTURE = png(10), png(90)
SHA256 = hashlib.sha256(PICTURE).hexdigest()
SENT: ModelInput = {
    "prompt": "A cat sits on a café's chair",
    "story": LONG,
    "image": SceneImage(scene=1, url=data_url(PICTURE), sha256=SHA256),
    "start": "https://images.example/1.png",
    "duration": 5,
    "strength": 7.5,
    "fast": True,
    "resolution": "720p",
    "options": {"style": "a drawing in ink", "steps": [4, 8]},
    "seed": SEED,
}
SHOWN = {**SENT, "image": data_url(PICTURE)}
SEEDLESS = {name: value for name, value in SENT.items() if name != "seed"}
SHOWN_SEEDLESS = {name: value for name, value in SHOWN.items() if name != "seed"}
BY_SEED = Recall(by="seed", seed_field="seed", names=(NAME,))
BY_INPUT = Recall(by="input", names=(NAME,))


def verdict(
    shown: object,
    *,
    by: Recall = BY_INPUT,
    sent: ModelInput | None = None,
    model: str | None = NAME,
    version: str | None = None,
    known: dict[str, FileFacts | None] | None = None,
) -> Verdict:
    chosen = (SENT if by.by == "seed" else SEEDLESS) if sent is None else sent
    # Everything goes through JSON, as it does on its way to the provider and into a history.
    stored = json.loads(json.dumps(stored_input(chosen)))
    listed = json.loads(json.dumps(shown))
    render = ShownRender(id="r", model=model, version=version, input=kept_input(listed)[0])
    return verdict_of(Wanted(input=stored, recall=by), render, is_file=lambda url: url.startswith(FILES), known=known)[
        0
    ]


def test_the_same_input_is_ours_in_any_order_and_with_defaults() -> None:
    shown = dict(reversed(SHOWN_SEEDLESS.items()))
    assert verdict({"safety": 2, **shown}) is Verdict.OURS


def hides(_value: object) -> list[object]:
    return ["[REDACTED]", "***", "", None, {"type": "redacted"}, {}, "<hidden>", "••••", "REDACTED", [], "********"]


def rewrites(value: object) -> list[object]:
    """Return what a provider may make of a value without its becoming another one."""
    found: list[object] = []
    if isinstance(value, bool):
        found += [str(value).lower(), str(value), int(value)]
    elif isinstance(value, int | float):
        found += [str(value), f" {value} ", float(value)]
    elif isinstance(value, str) and not value.startswith("data:"):
        found += [unicodedata.normalize(form, value) for form in ("NFC", "NFD", "NFKC", "NFKD")]
        found += [
            f"  {value}\n",
            value.upper(),
            value.replace(" ", "  "),
            value.replace("'", "&#39;"),
            value + "\u200b",
        ]
    elif isinstance(value, dict | list):
        found += [json.dumps(value)]
    return found


def cuts(value: object) -> list[object]:
    if not isinstance(value, str):
        return []
    half = value[: len(value) // 2]
    cut = [half, half + "…", half + "...", half + "[truncated]", value[:-1]]
    return cut if value.startswith("data:") else [*cut, f"{value[:5]}…{value[-5:]}", "…" + value[-9:]]


FIELDS = sorted(SHOWN_SEEDLESS)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("change", [hides, cuts], ids=["hidden", "cut"])
def test_a_value_that_is_hidden_or_cut_is_unclear_and_never_anothers(
    field: str, change: Callable[[object], list[object]]
) -> None:
    """Secret inputs came back redacted: "another one's" render was paid again."""
    for shown in change(SHOWN_SEEDLESS[field]):
        assert verdict({**SHOWN_SEEDLESS, field: shown}) is Verdict.UNCLEAR, (field, shown)


@pytest.mark.parametrize("field", FIELDS)
def test_a_value_that_is_only_written_in_another_way_is_the_same(field: str) -> None:
    for shown in rewrites(SHOWN_SEEDLESS[field]):
        assert verdict({**SHOWN_SEEDLESS, field: shown}) is Verdict.OURS, (field, shown)


@pytest.mark.parametrize("fields", [*itertools.combinations(FIELDS, 1), *itertools.combinations(FIELDS, 2), FIELDS])
def test_fields_that_are_missing_are_unclear(fields: tuple[str, ...]) -> None:
    shown = {name: value for name, value in SHOWN_SEEDLESS.items() if name not in fields}
    assert verdict(shown) is Verdict.UNCLEAR


@pytest.mark.parametrize("shown", [{}, None, {"unknown": 5}])
def test_an_input_that_was_removed_is_unclear_unless_it_is_of_another_model(shown: object) -> None:
    assert verdict(shown) is Verdict.UNCLEAR
    assert verdict(shown, model=None) is Verdict.UNCLEAR
    assert verdict(shown, model="hidden") is Verdict.UNCLEAR
    assert verdict(shown, model=OTHER_NAME) is Verdict.OTHER


DIFFERENT = {
    "prompt": "A dog runs along a beach",
    "story": "Another story of the same length. " * 60,
    "image": data_url(OTHER_PICTURE),
    "start": "https://images.example/2.png",
    "duration": 10,
    "strength": "3.5",
    "fast": False,
    "resolution": "1080p",
    "options": {"style": "oil on canvas"},
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("by", [BY_INPUT, BY_SEED], ids=["by input", "by seed"])
def test_one_value_that_surely_differs_makes_it_anothers_even_if_all_else_is_hidden(field: str, by: Recall) -> None:
    """If every stranger were unclear, a person would be asked of each lost answer."""
    shown = {name: value for name, value in SHOWN_SEEDLESS.items() if name != field}
    assert verdict({**shown, field: DIFFERENT[field]}, by=by) is Verdict.OTHER
    assert verdict({field: DIFFERENT[field]}, by=by) is Verdict.OTHER
    assert verdict({**dict.fromkeys(shown, "[REDACTED]"), field: DIFFERENT[field]}, by=by) is Verdict.OTHER


@pytest.mark.parametrize("model", [NAME, OTHER_NAME, None, "hidden"])
@pytest.mark.parametrize("rest", [{}, DIFFERENT, SHOWN_SEEDLESS])
@pytest.mark.parametrize("shown", [SEED, str(SEED), float(SEED)])
def test_an_equal_seed_decides_alone_whatever_model_is_named(model: str | None, rest: dict, shown: object) -> None:
    assert verdict({**rest, "seed": shown}, by=BY_SEED, model=model, version="b" * 64) is Verdict.OURS


@pytest.mark.parametrize("shown", [SEED + 1, str(SEED + 1), 0])
def test_another_seed_is_another_render(shown: object) -> None:
    assert verdict({**SHOWN, "seed": shown}, by=BY_SEED) is Verdict.OTHER


@pytest.mark.parametrize("shown", [*hides(SEED), "abc"])
def test_a_seed_that_is_not_shown_is_unclear_even_if_all_else_is_the_same(shown: object) -> None:
    assert verdict({**SHOWN, "seed": shown}, by=BY_SEED) is Verdict.UNCLEAR
    assert verdict(SHOWN_SEEDLESS, by=BY_SEED) is Verdict.UNCLEAR
    assert verdict({"seed": shown}, by=BY_SEED, model=OTHER_NAME) is Verdict.OTHER


def test_the_same_input_under_another_name_is_unclear() -> None:
    """A model was renamed while its schema could not be read: its render was "another one's", and was paid again."""
    assert verdict(SHOWN_SEEDLESS, model=OTHER_NAME) is Verdict.UNCLEAR
    assert verdict({"prompt": SENT["prompt"]}, model=OTHER_NAME) is Verdict.UNCLEAR
    assert verdict({"duration": 5, "text": "hello"}, model=OTHER_NAME) is Verdict.OTHER
    assert verdict(SHOWN_SEEDLESS, model=NAME.upper()) is Verdict.OURS


def test_another_version_of_a_pinned_model_is_unclear_and_a_hidden_one_says_nothing() -> None:
    pinned = Recall(by="input", endpoint="version", versions=("a" * 64,))
    assert verdict(SHOWN_SEEDLESS, by=pinned, version="b" * 64) is Verdict.UNCLEAR
    for version in ("a" * 64, "hidden", "dp-0123", None):
        assert verdict(SHOWN_SEEDLESS, by=pinned, version=version) is Verdict.OURS
    assert verdict({}, by=pinned, version="b" * 64) is Verdict.OTHER


def test_a_picture_elsewhere_may_be_ours_and_one_in_the_files_is_asked_for() -> None:
    elsewhere = {**SHOWN_SEEDLESS, "image": "https://files.example/abc.png"}
    uploaded = {**SHOWN_SEEDLESS, "image": f"{FILES}abc"}
    assert verdict(elsewhere) is Verdict.UNCLEAR
    assert verdict(uploaded) is Verdict.UNCLEAR
    assert verdict(uploaded, known={f"{FILES}abc": FileFacts(name="x", sha256=SHA256)}) is Verdict.OURS
    assert verdict(uploaded, known={f"{FILES}abc": FileFacts(name="x", sha256="0" * 64)}) is Verdict.OTHER
    for unknown in (None, FileFacts(name="x", sha256=None)):
        assert verdict(uploaded, known={f"{FILES}abc": unknown}) is Verdict.UNCLEAR


def test_a_list_that_is_longer_is_another_one_and_a_shorter_one_was_cut() -> None:
    sent: ModelInput = {"images": ["https://images.example/1.png", "https://images.example/2.png"]}
    first, second = sent["images"]  # type: ignore[misc]
    assert verdict({"images": [first, second]}, sent=sent) is Verdict.OURS
    assert verdict({"images": [first]}, sent=sent) is Verdict.UNCLEAR
    assert verdict({"images": first}, sent=sent) is Verdict.UNCLEAR
    assert verdict({"images": [first, second, first]}, sent=sent) is Verdict.OTHER
    assert verdict({"images": [second, first]}, sent=sent) is Verdict.OTHER


def test_an_order_of_which_nothing_is_known_is_never_adopted() -> None:
    assert verdict({}, sent={}) is Verdict.UNCLEAR
    assert verdict(SHOWN_SEEDLESS, sent={}) is Verdict.UNCLEAR
