"""Which ingredients a failing schedule needs: the others are left out while the same promise stays broken."""

from __future__ import annotations

from tests.simulation.plan import plan_of
from tests.simulation.schedule import Verdict, run


def reduced(verdict: Verdict, promise: str) -> Verdict:
    """Return a schedule of the same seed that breaks the promise with as few ingredients as possible."""
    smallest = verdict
    without: frozenset[str] = frozenset()
    for ingredient in sorted(verdict.plan.ingredients):
        tried = run(plan_of(verdict.plan.seed, without | {ingredient}))
        if promise in tried.promises:
            smallest, without = tried, without | {ingredient}
    return smallest
