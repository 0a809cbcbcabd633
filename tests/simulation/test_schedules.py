"""Some hundred schedules, as `make simulate` runs many more: each promise of the product holds in all of them."""

from __future__ import annotations

import pytest

from tests.simulation.plan import plan_of
from tests.simulation.schedule import run

FIRST, LAST, AT_ONCE = 1, 600, 25
FOUND = {
    "model or profile deployed while a create was in doubt": (28, 206, 322, 433),
    "another renderer deployed": (33,),
    "creates without end": (11, 51, 109),
    "away for longer than the provider keeps a render": (494, 530),
    "a clock that ran ahead": (177, 417, 1143, 7903, 10302),
    "an input that cannot be compared": (45, 113, 125, 140, 460, 681),
    "a late success": (1489,),
    "a render that another request adopted first": (296373,),
    "a retry by a clock that was set ahead": (125255,),
    "renders that nobody could know of": (105467, 110322, 122045, 130702),
    "two tokens of one account": (939, 1134),
    "a process that claimed its own job again": (1133,),
    "equal storyboards that took each other's renders": (150, 2473),
}
"""What broke a promise once: the seeds that found it."""


@pytest.mark.parametrize("first", range(FIRST, LAST, AT_ONCE))
def test_every_promise_is_kept(first: int) -> None:
    assert _broken(range(first, first + AT_ONCE)) == []


@pytest.mark.parametrize("seeds", FOUND.values(), ids=FOUND)
def test_what_was_found_once_is_kept(seeds: tuple[int, ...]) -> None:
    assert _broken(seeds) == []


def _broken(seeds: range | tuple[int, ...]) -> list[tuple[object, ...]]:
    verdicts = [run(plan_of(seed)) for seed in seeds]
    return [(verdict.plan.seed, *broken) for verdict in verdicts for broken in verdict.broken]
