"""Some hundred schedules, as `make simulate` runs many more: each promise of the product holds in all of them."""

from __future__ import annotations

import pytest

from tests.simulation.plan import INGREDIENTS, plan_of
from tests.simulation.schedule import run

FIRST, LAST, AT_ONCE = 1, 240, 20
NOT_WITHSTOOD = frozenset(
    {
        "errors_always",
        "list_lag_beyond_settling",
        "redaction",
        "renaming",
        "silent_removal",
        "same_ids",
        "clock_skew",
        "no_date_header",
        "empty_outputs",
        "billed_ends",
        "deploys_model",
        "deploys_profile",
        "deploys_renderer",
        "deploys_account",
        "starts_as_slideshow",
        "clock_steps",
        "provider_clock_steps",
        "fast_worker",
    }
)
"""What breaks a promise today. A name that is removed here is held from then on."""


@pytest.mark.parametrize("first", range(FIRST, LAST, AT_ONCE))
def test_every_promise_is_kept(first: int) -> None:
    verdicts = [run(plan_of(seed, NOT_WITHSTOOD)) for seed in range(first, first + AT_ONCE)]
    assert [(verdict.plan.seed, *broken) for verdict in verdicts for broken in verdict.broken] == []


def test_what_is_not_withstood_is_an_ingredient() -> None:
    assert set(INGREDIENTS) >= NOT_WITHSTOOD
