"""What an approval brings that means nothing to us is kept with its place, so that it can be told."""

from __future__ import annotations

import json

from service.intake.approval import read_approval

IMAGE = {"image_url": "https://images.example/1.png"}


def unread(**fields: object) -> list[tuple[int | None, str]]:
    approval = read_approval(json.dumps({"job_id": 1, "storyboard": [IMAGE], **fields}).encode())
    return [(found.scene, found.field) for found in approval.unread]


def test_nothing_is_unread_where_every_field_is_known() -> None:
    scene = {"scene_number": 1, "description": "a door", "duration": 2, "image_prompt": "door"}
    assert (
        unread(
            approved=True,
            estimated_cost=1,
            storyboard=[{"scene": scene, **IMAGE}],
            output={"width": 640, "height": 360, "fps": 25, "format": "mp4"},
        )
        == []
    )


def test_an_unread_field_is_told_with_its_scene() -> None:
    assert unread(colour="red", storyboard=[IMAGE, {**IMAGE, "camera": "zoom"}], output={"codec": "av1"}) == [
        (None, "colour"),
        (None, "output.codec"),
        (2, "camera"),
    ]


def test_an_unread_field_of_a_nested_scene_belongs_to_that_scene() -> None:
    assert unread(storyboard=json.dumps([{"scene": {**IMAGE, "camera": "zoom"}, "mood": "calm"}])) == [
        (1, "camera"),
        (1, "mood"),
    ]


def test_of_two_names_for_one_thing_the_one_that_is_not_taken_is_unread() -> None:
    assert unread(storyboard_data=[], storyboard=[{**IMAGE, "duration_seconds": 2, "duration": 9}]) == [
        (None, "storyboard_data"),
        (1, "duration"),
    ]


def test_null_is_as_if_it_were_not_there_but_only_for_names_that_we_read() -> None:
    assert unread(storyboard_data=None, output=None, storyboard=[{**IMAGE, "duration": None, "camera": None}]) == [
        (1, "camera")
    ]


def test_a_name_with_half_a_surrogate_pair_stops_no_approval() -> None:
    """A JSON string may bring one; it is no text that pydantic takes."""
    assert unread(storyboard=r'[{"image_url": "x", "a\ud800": 1}]') == [(1, "a?")]


def test_what_is_refused_has_no_unread_fields() -> None:
    assert unread(storyboard=[], colour="red") == []
