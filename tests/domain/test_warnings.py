"""A video that is not what was asked for is kept, since it is paid, and a person is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain import commands as c
from domain import events as e
from domain.decide import decide
from domain.storyboard import OutputWishes
from domain.warnings import JobWarning
from tests.domain.scenario import NEW, accept, approve, complete, given, request, retry, succeed

WISHES = OutputWishes(width=1280, height=720)


def warnings(
    *,
    asked: float | None = 5.0,
    seconds: float = 5.0,
    size: tuple[int, int] = (1280, 720),
    wishes: OutputWishes = WISHES,
) -> tuple[JobWarning, ...]:
    """Return what a video is warned of whose request asked for so many seconds; the storyboard has 5."""
    approved = given(replace(approve(), output=wishes), request(seconds_sent=asked), accept(), succeed())
    width, height = size
    store_it = c.StoreVideo(size_bytes=2048, sha256="a" * 64, duration_seconds=seconds, width=width, height=height)
    (stored,) = decide(store_it, approved)
    assert isinstance(stored, e.VideoStored)
    job = given(store_it, complete(), job=approved)
    assert job.warnings == stored.warnings
    return stored.warnings


def test_a_video_as_asked_is_warned_of_nothing() -> None:
    assert warnings() == ()


@pytest.mark.parametrize(("seconds", "warned"), [(4.4, True), (4.5, False), (5.5, False), (5.6, True)])
def test_a_length_may_differ_by_a_tenth_of_what_was_sent(seconds: float, warned: bool) -> None:
    assert bool(warnings(seconds=seconds)) is warned


def test_the_length_that_was_sent_counts_and_not_the_storyboards() -> None:
    """A model that films ten seconds or none was asked for ten: it did what it could."""
    assert warnings(asked=10.0, seconds=10.0) == ()
    assert warnings(asked=10.0, seconds=5.0) == (
        JobWarning(
            field="duration_seconds", message="The video is 5.00 s long, and 10.00 s were asked for", scene=None
        ),
    )


def test_where_a_model_takes_no_length_the_storyboards_counts() -> None:
    assert warnings(asked=None, seconds=5.0) == ()
    assert [one.field for one in warnings(asked=None, seconds=2.0)] == ["duration_seconds"]


@pytest.mark.parametrize(
    ("wishes", "fields"),
    [
        (WISHES, ["output.width", "output.height"]),
        (OutputWishes(width=1280), ["output.width"]),
        (OutputWishes(height=360, width=640), []),
        (OutputWishes(), []),
    ],
)
def test_only_a_size_that_was_wished_for_is_held_against_the_file(wishes: OutputWishes, fields: list[str]) -> None:
    found = warnings(size=(640, 360), wishes=wishes)
    assert [one.field for one in found] == fields
    assert all("640 x 360" in one.message for one in found)


def test_another_video_brings_its_own_warnings() -> None:
    store_it = c.StoreVideo(size_bytes=2048, sha256="a" * 64, duration_seconds=1.0, width=16, height=16)
    job = given(approve(), request(), accept(), succeed(), store_it, c.FailJob(reason="broken"))
    assert job.warnings
    assert given(retry(), job=job).warnings == ()
    assert NEW.warnings == ()
