"""An approval that can be read: the job it names and the order it means."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest

from domain.commands import Approve, RefuseStoryboard
from domain.storyboard import OutputWishes, Scene
from service.intake.approval import read_approval
from service.intake.reading import KEPT_BYTES

SCENE = {"image_url": "https://images.example/1.png", "description": "a door", "duration_seconds": 3.0}
BODY = {"job_id": 123, "approved": True, "estimated_cost": 2.5, "storyboard": [SCENE]}


def body(**changes: Any) -> bytes:
    fields = {name: value for name, value in {**BODY, **changes}.items() if value != "absent"}
    return json.dumps(fields).encode()


def command(**changes: Any) -> Approve:
    read = read_approval(body(**changes)).command
    assert isinstance(read, Approve)
    return read


def refusal(**changes: Any) -> RefuseStoryboard:
    read = read_approval(body(**changes)).command
    assert isinstance(read, RefuseStoryboard)
    return read


def test_an_approval_is_read() -> None:
    approval = read_approval(body(output={"width": 1280, "height": 720, "fps": 30, "format": "mp4"}))
    assert approval.job_id == "123"
    assert isinstance(approval.command, Approve)
    assert approval.command.output == OutputWishes(width=1280, height=720, fps=30)
    assert approval.command.estimated_cost == Decimal("2.5")
    assert approval.command.storyboard == (
        Scene(scene_number=1, image_url="https://images.example/1.png", description="a door", duration_seconds=3.0),
    )


def test_approved_defaults_to_true() -> None:
    assert command(approved="absent") == command()


@pytest.mark.parametrize("approved", [False, None, 1, 0, "true", "yes", []])
def test_what_is_not_plainly_approved_is_refused(approved: object) -> None:
    assert refusal(approved=approved).reason == "Storyboard must be approved"


def test_that_it_is_not_approved_is_said_before_anything_else() -> None:
    assert refusal(approved=False, storyboard=[]).reason == "Storyboard must be approved"


@pytest.mark.parametrize("storyboard", ["absent", None, [], "", "[]"])
def test_without_a_storyboard_it_is_refused(storyboard: object) -> None:
    assert refusal(storyboard=storyboard).reason == "No storyboard data available"


def test_a_scene_without_an_image_is_named() -> None:
    assert refusal(storyboard=[SCENE, {**SCENE, "image_url": None}]).reason == "Scene 2 is missing image"


def test_bad_wishes_are_refused() -> None:
    assert refusal(output={"width": 5}).reason.startswith("No storyboard data available: output.width")


def test_storyboard_data_is_another_name_of_storyboard() -> None:
    assert command(storyboard="absent", storyboard_data=[SCENE]) == command()
    assert command(storyboard=None, storyboard_data=json.dumps([SCENE])) == command()


def test_storyboard_wins_over_its_other_name() -> None:
    assert command(storyboard_data=[{"image_url": "other"}]) == command()


def test_the_same_storyboard_has_the_same_hash_however_it_is_written() -> None:
    assert command(storyboard=json.dumps([SCENE])).storyboard_hash == command().storyboard_hash
    assert command(estimated_cost=9).storyboard_hash == command().storyboard_hash
    assert command(output={"fps": 24}).storyboard_hash != command().storyboard_hash


def test_what_was_refused_is_kept_with_the_hash_of_all_of_it() -> None:
    sent = body(storyboard=[])
    kept = refusal(storyboard=[])
    assert (kept.received, kept.received_hash) == (sent.decode(), hashlib.sha256(sent).hexdigest())


def test_of_a_long_refused_message_the_beginning_is_kept() -> None:
    sent = body(storyboard=[], note="ä" * KEPT_BYTES)
    kept = refusal(storyboard=[], note="ä" * KEPT_BYTES)
    assert kept.received == sent.decode()[:KEPT_BYTES]
    assert kept.received_hash == hashlib.sha256(sent).hexdigest()


def test_a_cut_within_a_character_can_still_be_stored() -> None:
    sent = body(storyboard=[]).replace(b"}", b', "note": "') + "ä".encode() * KEPT_BYTES + b'"}'
    for payload in (sent, sent.replace(b'"note"', b'"notes"')):
        read = read_approval(payload).command
        assert isinstance(read, RefuseStoryboard)
        assert read.received.encode().decode() == read.received


@pytest.mark.parametrize(
    ("sent", "estimate"),
    [
        (2.5, Decimal("2.5")),
        (0, Decimal(0)),
        ("1.25", Decimal("1.25")),
        (0.1, Decimal("0.1")),
        (1e-7, Decimal("0.000000")),
        ("0." + "3" * 5000, Decimal("0.333333")),
        (10**9, Decimal(10**9)),
        ("absent", None),
        (None, None),
    ],
)
def test_an_estimate_is_read_as_exact_money(sent: object, estimate: Decimal | None) -> None:
    assert command(estimated_cost=sent).estimated_cost == estimate


@pytest.mark.parametrize(
    "sent", [-1, True, "much", "nan", "inf", "9e999999", 10**9 + 1, 10**4000, [1], {"usd": 1}, "1" * 5000]
)
def test_an_estimate_that_is_no_sensible_money_is_none_and_stops_no_job(sent: object) -> None:
    """`9e999999` was taken, and overflowed the comparison with the actual cost when the video was paid and done."""
    assert command(estimated_cost=sent).estimated_cost is None


def test_no_estimate_swells_what_is_said_about_the_job() -> None:
    """A number of 500,000 digits was announced with the completed video, far above the limit of a message."""
    for sent in ("0." + "3" * 100_000, "1." + "0" * 100_000, 2.5):
        assert len(str(command(estimated_cost=sent).estimated_cost)) <= 20


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (-1, "-1 is no estimate, so the job has none: it would be a number of USD from 0 to 1,000,000,000"),
        ("about five", "'about five' is no estimate"),
        (True, "True is no estimate"),
        ([1], "[1] is no estimate"),
        (1e-7, "1e-07 was rounded to 0.000000"),
    ],
)
def test_an_estimate_that_is_read_otherwise_than_it_stands_is_a_warning(sent: object, said: str) -> None:
    """A negative one and a text were dropped without a word."""
    (warning,) = command(estimated_cost=sent).warnings
    assert (warning.field, warning.scene) == ("estimated_cost", None)
    assert warning.message.startswith(said)


@pytest.mark.parametrize("sent", [2.5, 0, "1.25", 10**9, None])
def test_an_estimate_that_is_read_as_it_stands_is_no_warning(sent: object) -> None:
    assert command(estimated_cost=sent).warnings == ()
