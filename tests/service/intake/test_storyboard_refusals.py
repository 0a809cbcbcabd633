"""Each reason for which a storyboard is refused begins with one of the words that approvers look for."""

from __future__ import annotations

import pytest

from domain.storyboard import MOST_SCENES
from service.intake.approval import NO_STORYBOARD, NOT_APPROVED, Refusal
from tests.service.intake.parts import read_storyboard

GOOD = {"image_url": "https://images.example/1.png"}


def reason(raw: object) -> str:
    with pytest.raises(Refusal) as refusal:
        read_storyboard(raw)
    return str(refusal.value)


def test_the_reasons_are_spelt_as_approvers_know_them() -> None:
    assert (NOT_APPROVED, NO_STORYBOARD) == ("Storyboard must be approved", "No storyboard data available")


@pytest.mark.parametrize("raw", [None, [], {}, "", "[]", "null", "{}", "no json", 5, True, "5", {"scenes": [GOOD]}])
def test_no_list_of_scenes_is_no_storyboard(raw: object) -> None:
    assert reason(raw) == "No storyboard data available"


@pytest.mark.parametrize("url", [None, "", "   ", 5, True, ["x"], {"url": "x"}])
def test_a_scene_without_a_usable_image_url_is_missing_its_image(url: object) -> None:
    assert reason([{"image_url": url}]) == "Scene 1 is missing image"


@pytest.mark.parametrize("entry", [None, 5, "https://images.example/1.png", [], {}, {"scene": None}, {"scene": {}}])
def test_an_entry_that_is_no_scene_is_missing_its_image(entry: object) -> None:
    assert reason([GOOD, entry]) == "Scene 2 is missing image"


def test_the_first_scene_without_an_image_is_named_counted_from_one() -> None:
    assert reason([GOOD, GOOD, {}, {}]) == "Scene 3 is missing image"


def test_a_json_string_is_judged_like_the_list_it_holds() -> None:
    assert reason('[{"image_url": "x"}, {}]') == "Scene 2 is missing image"


def test_one_scene_above_the_limit_is_refused() -> None:
    assert reason([GOOD] * (MOST_SCENES + 1)) == "No storyboard data available: 501 scenes, at most 500 can be rendered"


def test_a_video_above_one_hour_is_refused() -> None:
    hour = [{**GOOD, "duration_seconds": 600}] * 6
    assert len(read_storyboard(hour)) == 6
    assert reason([*hour, {**GOOD, "duration_seconds": 0.1}]) == (
        "No storyboard data available: longer than 3600 s in all"
    )
