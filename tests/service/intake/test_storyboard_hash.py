"""The hash tells two storyboards apart by what would be rendered, and by nothing else."""

from __future__ import annotations

import json

import pytest

from domain.storyboard import OutputWishes, storyboard_hash
from tests.service.intake.parts import read_output, read_storyboard

ENTRY = {"image_url": "https://x/1.png", "description": "a door", "duration_seconds": 3}


def hash_of(storyboard: object, output: object = None) -> str:
    return storyboard_hash(read_storyboard(storyboard), read_output(output))


def test_it_is_the_same_for_ever() -> None:
    """A changed hash would take every stored approval for another storyboard."""
    assert hash_of([ENTRY], {"width": 640}) == "7cf83eb3306b796e2079b39ae1c5b1b011db3240ec6d807256ba33988f7565a2"


@pytest.mark.parametrize(
    "same",
    [
        [{"duration_seconds": 3.0, "description": "a door", "image_url": "https://x/1.png"}],
        [{**ENTRY, "duration_seconds": "3"}],
        [{"scene": {"scene_number": 9, "description": "a door", "duration": 3}, "image_url": "https://x/1.png"}],
        [{"image_url": "https://x/1.png", "description": "a door"}],
        [{**ENTRY, "camera": "unknown field"}],
        json.dumps([ENTRY]),
    ],
)
def test_equal_storyboards_are_equal_however_they_are_written(same: object) -> None:
    assert hash_of(same) == hash_of([ENTRY])


@pytest.mark.parametrize(
    "other",
    [
        [{**ENTRY, "image_url": "https://x/2.png"}],
        [{**ENTRY, "description": "a window"}],
        [{**ENTRY, "duration_seconds": 3.5}],
        [{**ENTRY, "image_prompt": "door"}],
        [ENTRY, ENTRY],
    ],
)
def test_other_storyboards_are_other(other: object) -> None:
    assert hash_of(other) != hash_of([ENTRY])


def test_the_order_of_scenes_counts() -> None:
    second = {**ENTRY, "image_url": "https://x/2.png"}
    assert hash_of([ENTRY, second]) != hash_of([second, ENTRY])


@pytest.mark.parametrize("output", [{"width": 640}, {"height": 640}, {"fps": 24}])
def test_other_wishes_are_other(output: dict[str, object]) -> None:
    assert hash_of([ENTRY], output) != hash_of([ENTRY])


def test_wishes_that_say_nothing_are_no_wishes() -> None:
    assert storyboard_hash(read_storyboard([ENTRY]), OutputWishes()) == hash_of([ENTRY], {"format": "mp4"})
