"""`make simulate`: run many schedules, or one seed again, and tell the story of what broke a promise."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.simulation.many import Fault, be_quick, explain, faults_of, find_faults
from tests.simulation.plan import plan_of

MOST_STORIES = 3
"""How many faults of one promise are explained: the others are named."""
FIRST_SEED = 1
PROGRESS = 10_000


def main() -> int:
    """Return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this seed alone and tell its story")
    parser.add_argument("--schedules", type=int, help="how many; without it, as many as the minutes allow")
    parser.add_argument("--first", type=int, default=FIRST_SEED, help="the first seed")
    parser.add_argument("--minutes", type=float, default=5.0, help="when to stop")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    chosen = parser.parse_args()
    be_quick()
    if chosen.seed is not None:
        return _one(chosen.seed)
    minutes = chosen.minutes if chosen.schedules is None else float("inf")
    return _many(chosen.first, chosen.schedules, minutes, chosen.workers)


def _one(seed: int) -> int:
    plan = plan_of(seed)
    print(f"Seed {seed}: {plan.deployment}\nIngredients: {', '.join(sorted(plan.ingredients)) or 'none'}")
    faults = faults_of(seed)
    for fault in faults:
        _tell(fault)
    if not faults:
        print("Every promise was kept.")
    return bool(faults)


def _many(first: int, schedules: int | None, minutes: float, workers: int) -> int:
    began, ran, broken = time.monotonic(), 0, Counter[str]()
    for some, faults in find_faults(first, schedules=schedules, minutes=minutes, workers=workers):
        ran += some
        if ran // PROGRESS > (ran - some) // PROGRESS:
            print(f"{ran} schedules, {time.monotonic() - began:.0f} s", flush=True)
        for fault in faults:
            broken[fault.promise] += 1
            if broken[fault.promise] <= MOST_STORIES:
                _tell(fault)
            else:
                print(f"Seed {fault.seed} breaks “{fault.promise}”: {fault.seen}")
    seconds = time.monotonic() - began
    print(f"{ran} schedules in {seconds:.0f} s, {ran / seconds:.0f} a second")
    for promise, times in broken.most_common():
        print(f"  {times} times broken: {promise}")
    return bool(broken)


def _tell(fault: Fault) -> None:
    explanation = explain(fault)
    print(f"\nSeed {fault.seed} breaks “{fault.promise}”: {fault.seen}")
    print(f"It needs: {', '.join(explanation.needs) or 'nothing'}\n{explanation.story}\n")


if __name__ == "__main__":
    sys.exit(main())
