"""The simulator itself: the same seed tells the same story, time is not waited for, and broken promises are seen."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.loop import GoesInACircle, VirtualLoop
from tests.simulation.plan import INGREDIENTS, plan_of
from tests.simulation.schedule import run

ROOT = Path(__file__).parents[2]
TELL = """
from tests.simulation.many import be_quick
from tests.simulation.plan import plan_of
from tests.simulation.schedule import run
be_quick()
print(run(plan_of(48)).story)
"""


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop(random.Random(1))
    yield made
    made.end([])


def test_a_seed_tells_the_same_story_in_every_process() -> None:
    stories = {
        subprocess.run(
            [sys.executable, "-c", TELL],
            cwd=ROOT,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            timeout=60,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(stories) == 1


def test_a_seed_tells_the_same_story_twice() -> None:
    assert run(plan_of(7)).story == run(plan_of(7)).story
    assert run(plan_of(7)).story != run(plan_of(8)).story


def test_an_hour_passes_at_once(loop: VirtualLoop) -> None:
    began = time.monotonic()
    loop.run_until_complete(asyncio.sleep(3600))
    assert loop.time() == 3600
    assert time.monotonic() - began < 5


def test_a_program_that_never_waits_is_stopped(loop: VirtualLoop) -> None:
    async def busy() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(GoesInACircle):
        loop.run_until_complete(busy())


def test_without_faults_every_promise_is_kept() -> None:
    for seed in range(20):
        assert run(plan_of(seed, frozenset(INGREDIENTS))).broken == ()
