"""What an approver may send as a storyboard, and how it is read."""

from __future__ import annotations

import json

import pytest

from domain.storyboard import DEFAULT_SCENE_SECONDS, MOST_SCENES, Scene
from tests.service.intake.parts import read_storyboard

FLAT = {"image_url": "https://images.example/1.png", "description": "A red door", "duration_seconds": 4.5}
NESTED = {
    "scene": {"scene_number": 7, "description": "A red door", "duration": 4.5, "image_prompt": "door, red"},
    "image_url": "https://images.example/1.png",
}


def test_a_flat_entry_is_a_scene() -> None:
    assert read_storyboard([FLAT]) == (
        Scene(
            scene_number=1,
            image_url="https://images.example/1.png",
            description="A red door",
            duration_seconds=4.5,
        ),
    )


def test_a_nested_entry_is_a_scene() -> None:
    assert read_storyboard([NESTED]) == (
        Scene(
            scene_number=1,
            image_url="https://images.example/1.png",
            description="A red door",
            duration_seconds=4.5,
            image_prompt="door, red",
        ),
    )


def test_flat_and_nested_entries_may_be_mixed() -> None:
    flat, nested = read_storyboard([FLAT, NESTED])
    assert (flat.description, nested.description) == ("A red door", "A red door")


def test_the_storyboard_may_be_a_json_string() -> None:
    assert read_storyboard(json.dumps([FLAT, NESTED])) == read_storyboard([FLAT, NESTED])


def test_scenes_count_from_one_in_the_order_they_came_whatever_number_they_bring() -> None:
    assert [scene.scene_number for scene in read_storyboard([NESTED, FLAT, NESTED])] == [1, 2, 3]


def test_what_stands_outside_a_nested_scene_wins_over_what_stands_inside() -> None:
    entry = {"scene": {"description": "inside", "duration": 1}, "image_url": "x", "description": "outside"}
    assert read_storyboard([entry])[0].description == "outside"


def test_null_outside_a_nested_scene_does_not_hide_what_stands_inside() -> None:
    """`{"scene": {…}, "duration": null}` lost the length of the nested scene."""
    entry = {
        "scene": {"image_url": "x", "description": "inside", "duration": 1},
        "image_url": None,
        "description": None,
        "duration": None,
    }
    assert read_storyboard([entry]) == (
        Scene(scene_number=1, image_url="x", description="inside", duration_seconds=1.0),
    )


@pytest.mark.parametrize("entry", [{"image_url": "x"}, {"image_url": "x", "duration_seconds": None}])
def test_a_scene_without_a_length_gets_three_seconds(entry: dict[str, object]) -> None:
    assert read_storyboard([entry])[0].duration_seconds == DEFAULT_SCENE_SECONDS == 3.0


@pytest.mark.parametrize(("sent", "seconds"), [(2, 2.0), (0.5, 0.5), ("2.5", 2.5), (600, 600.0)])
def test_a_length_may_be_any_number_or_its_text(sent: object, seconds: float) -> None:
    assert read_storyboard([{"image_url": "x", "duration_seconds": sent}])[0].duration_seconds == seconds


def test_duration_seconds_wins_over_duration() -> None:
    assert read_storyboard([{"image_url": "x", "duration_seconds": 2, "duration": 9}])[0].duration_seconds == 2.0


def test_spaces_around_an_image_url_are_left_out() -> None:
    assert read_storyboard([{"image_url": "  x\n"}])[0].image_url == "x"


@pytest.mark.parametrize("description", [None, 5, ["a"], {"a": 1}, True])
def test_a_description_that_is_no_text_is_no_description(description: object) -> None:
    assert read_storyboard([{"image_url": "x", "description": description}])[0].description == ""


def test_as_many_scenes_as_the_limit_are_read() -> None:
    entries = [{"image_url": "x", "duration_seconds": 1}] * MOST_SCENES
    assert len(read_storyboard(entries)) == MOST_SCENES


def test_unknown_fields_are_left_alone() -> None:
    assert read_storyboard([{**FLAT, "camera": "slow zoom"}]) == read_storyboard([FLAT])
