"""Values that no honest approver sends: each is refused or made harmless, none gets through or breaks the reader."""

from __future__ import annotations

import json

import pytest

from domain.storyboard import OutputWishes, storyboard_hash
from service.intake.approval import NO_STORYBOARD, Refusal
from tests.service.intake.parts import read_storyboard

HUGE = 10**400


@pytest.mark.parametrize(
    "seconds",
    [0, -1, 600.1, True, False, float("nan"), float("inf"), HUGE, -HUGE, "nan", "inf", "", "three", [3], {"s": 3}],
)
def test_a_length_that_is_no_sensible_number_is_refused(seconds: object) -> None:
    with pytest.raises(Refusal, match=f"^{NO_STORYBOARD}: scene 1 needs a duration above 0 and at most 600 s$"):
        read_storyboard([{"image_url": "x", "duration_seconds": seconds}])


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_json_string_cannot_bring_in_what_json_does_not_know(text: str) -> None:
    with pytest.raises(Refusal, match="needs a duration"):
        read_storyboard(f'[{{"image_url": "x", "duration": {text}}}]')


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, f"[{'1' * 5000}]", "\x00", "\ufeff[]"])
def test_a_json_string_that_cannot_be_read_is_no_storyboard(text: str) -> None:
    with pytest.raises(Refusal, match=f"^{NO_STORYBOARD}$"):
        read_storyboard(text)


def test_a_deep_nesting_inside_a_scene_is_left_alone() -> None:
    entry: dict[str, object] = {"image_url": "x"}
    for _ in range(500):
        entry = {"image_url": "x", "scene": entry, "description": entry}
    assert read_storyboard([entry])[0].description == ""


def test_nul_characters_leave_the_texts() -> None:
    entry = {"image_url": "x", "description": "a\x00b", "image_prompt": "\x00"}
    scene = read_storyboard([entry])[0]
    assert (scene.description, scene.image_prompt) == ("ab", "")


@pytest.mark.parametrize("half", ["\\ud800", "\\udfff", "\\ud83d"])
def test_half_a_surrogate_pair_leaves_the_texts_since_it_cannot_be_stored(half: str) -> None:
    """A storyboard sent as a JSON string may hold half a pair: storing it failed, and the message came for ever."""
    scene = read_storyboard(f'[{{"image_url": "x", "description": "a{half}b"}}]')[0]
    assert scene.description == "a?b"


@pytest.mark.parametrize("url", ["https://x/\x00.png", json.loads('"https://x/\\ud800.png"')])
def test_an_image_url_with_a_character_that_no_url_has_is_refused_rather_than_changed(url: str) -> None:
    with pytest.raises(Refusal, match=r"^Scene 1 is missing image: its image_url has characters that no URL has$"):
        read_storyboard([{"image_url": url}])


def test_whatever_is_read_can_be_hashed_and_written_as_utf_8() -> None:
    scenes = read_storyboard(r'[{"image_url": "ü", "description": "\ud800\u0000\ud83d\ude00"}]')
    assert len(storyboard_hash(scenes, OutputWishes())) == 64
    assert scenes[0].description.encode().decode() == "?😀"
