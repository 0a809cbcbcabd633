"""Many schedules in several processes, and what one seed breaks."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import count, islice

import structlog

from tests.simulation.needed import reduced
from tests.simulation.plan import plan_of
from tests.simulation.schedule import run

SEEDS_AT_ONCE = 20
WAITING_PER_WORKER = 2
GARBAGE_OBJECTS = 200_000
NOTHING_LOGS = 50
"""The level that the product's logs do not reach: a story has the events, and a log line costs more than a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A promise that a seed breaks, and what was seen."""

    seed: int
    promise: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The ingredients that a fault needs, and the story of the schedule that has only these."""

    needs: tuple[str, ...]
    story: str


def be_quick() -> None:
    """Switch the product's logs off in this process, and let it look for garbage more rarely."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(NOTHING_LOGS))
    gc.set_threshold(GARBAGE_OBJECTS, 20, 20)
    gc.freeze()


def faults_of(seed: int) -> list[Fault]:
    """Run the schedule of a seed; return one fault for each promise that it breaks."""
    broken = dict(reversed(run(plan_of(seed)).broken))
    return [Fault(seed=seed, promise=promise, seen=seen) for promise, seen in sorted(broken.items())]


def explain(fault: Fault) -> Explanation:
    """Reduce a failing schedule to what its fault needs."""
    smallest = reduced(run(plan_of(fault.seed)), fault.promise)
    return Explanation(needs=tuple(sorted(smallest.plan.ingredients)), story=smallest.story)


def find_faults(
    first: int, *, schedules: int | None, minutes: float, workers: int
) -> Iterator[tuple[int, Sequence[Fault]]]:
    """Yield the number of schedules that ran and their faults, until so many ran or the minutes are over."""
    end = time.monotonic() + minutes * 60
    seeds = iter(count(first) if schedules is None else range(first, first + schedules))
    running: set[Future[tuple[int, Sequence[Fault]]]] = set()
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawning, initializer=be_quick) as pool:
        while True:
            while len(running) < workers * WAITING_PER_WORKER and time.monotonic() < end:
                if not (some := list(islice(seeds, SEEDS_AT_ONCE))):
                    break
                running.add(pool.submit(_run_some, some))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)


def _run_some(seeds: Sequence[int]) -> tuple[int, Sequence[Fault]]:
    return len(seeds), [fault for seed in seeds for fault in faults_of(seed)]
