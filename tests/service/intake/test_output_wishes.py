"""What an approver may wish of the file."""

from __future__ import annotations

import pytest

from domain.storyboard import OutputWishes
from service.intake.approval import Refusal
from tests.service.intake.parts import read_output


def test_without_wishes_everything_is_left_to_the_renderer() -> None:
    nothing = OutputWishes(width=None, height=None, fps=None, format="mp4")
    assert read_output(None) == read_output({}) == nothing


def test_wishes_are_read() -> None:
    wishes = read_output({"width": 1280, "height": 720, "fps": 30, "format": "mp4"})
    assert wishes == OutputWishes(width=1280, height=720, fps=30)


@pytest.mark.parametrize(("sent", "even"), [(1281, 1280), (17, 16), (16, 16), (4096, 4096), (4095, 4094)])
def test_odd_sizes_are_rounded_down_to_even_ones(sent: int, even: int) -> None:
    assert read_output({"width": sent, "height": sent}) == OutputWishes(width=even, height=even)


@pytest.mark.parametrize(("sent", "fps"), [(1, 1), (120, 120), ("25", 25), (29.97, 29)])
def test_frames_per_second_are_whole(sent: object, fps: int) -> None:
    assert read_output({"fps": sent}).fps == fps


@pytest.mark.parametrize("raw", [[], "1280x720", 5, True])
def test_wishes_that_are_no_object_are_refused(raw: object) -> None:
    with pytest.raises(Refusal, match=r"^No storyboard data available: output must be an object"):
        read_output(raw)


@pytest.mark.parametrize("kind", ["gif", "MP4", 5, ["mp4"], {"a": 1}])
def test_another_container_is_refused(kind: object) -> None:
    with pytest.raises(Refusal, match=r"^No storyboard data available: output\.format must be mp4$"):
        read_output({"format": kind})


@pytest.mark.parametrize("side", ["width", "height"])
@pytest.mark.parametrize("pixels", [0, 15, 4097, -16, True, "wide", float("nan"), float("inf"), 10**400, [], {}])
def test_a_size_outside_the_limits_is_refused(side: str, pixels: object) -> None:
    with pytest.raises(Refusal, match=rf"^No storyboard data available: output\.{side} must be between 16 and 4096$"):
        read_output({side: pixels})


@pytest.mark.parametrize("fps", [0, 121, -1, True, "fast", 0.5])
def test_frames_per_second_outside_the_limits_are_refused(fps: object) -> None:
    with pytest.raises(Refusal, match=r"^No storyboard data available: output\.fps must be between 1 and 120$"):
        read_output({"fps": fps})
