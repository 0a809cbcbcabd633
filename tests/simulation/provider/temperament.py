"""How a provider behaves in one schedule. A trait that is off leaves the provider as its documents promise it."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass

HOUR = 3600.0

TRAITS = (
    "lost_requests",
    "lost_answers",
    "errors_that_create",
    "errors_always",
    "throttling",
    "read_errors",
    "list_lag",
    "list_lag_beyond_settling",
    "late_creates",
    "hidden_at_first",
    "small_pages",
    "redaction",
    "renaming",
    "early_removal",
    "silent_removal",
    "late_success",
    "failing_renders",
    "empty_outputs",
    "billed_ends",
    "same_ids",
    "clock_skew",
    "no_date_header",
    "no_schema",
    "slow_renders",
)

REDACTIONS = ("removed", "redacted_texts", "unicode", "numbers_as_texts", "dropped_field", "added_field", "cut_texts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperament:
    """Rates are chances from 0 to 1, of each request; the rest are seconds and facts that last."""

    lost_before: float = 0.0
    lost_after: float = 0.0
    error_before: float = 0.0
    error_after: float = 0.0
    throttled: float = 0.0
    read_error: float = 0.0
    create_always_fails: bool = False
    creates_despite_errors: bool = True
    list_lag_seconds: float = 0.0
    late_create_seconds: float = 0.0
    hidden_seconds: float = 0.0
    page_size: int = 100
    redactions: tuple[str, ...] = ()
    redacted_after_seconds: float = 0.0
    listed_name: str | None = None
    removal_seconds: float = HOUR
    tells_removal: bool = True
    ignores_cancels: bool = False
    failing: float = 0.0
    empty: float = 0.0
    bills_every_end: bool = False
    same_ids: bool = False
    ahead_seconds: float = 0.0
    sends_date: bool = True
    has_schema: bool = True
    starting_seconds: float = 1.0
    render_seconds: float = 12.0

    @property
    def lists_in_time(self) -> bool:
        """Whether a create is in the list as soon as the settings expect it."""
        return self.list_lag_seconds + self.late_create_seconds < LISTED_IN_TIME_SECONDS


LISTED_IN_TIME_SECONDS = 28.0
"""Below the `create_settle_seconds` of the simulated settings."""


def temperament_of(traits: Collection[str], chance: random.Random) -> Temperament:
    """Return the temperament that has these traits. Every draw is made, so that one trait less changes no other."""
    rate = chance.choice((0.15, 0.4, 0.8))
    lag, long_lag, late = chance.uniform(1, 16), chance.uniform(60, 400), chance.uniform(0.5, 9)
    redactions = tuple(chance.sample(REDACTIONS, chance.choice((1, 1, 2))))
    redacted_after = chance.choice((0.0, 0.0, 20.0, 120.0))
    early = chance.choice((15.0, 120.0, 900.0))
    skew = chance.choice((-7200.0, -600.0, -75.0, 75.0, 600.0, 7200.0))
    slow, hidden = chance.choice((60.0, 115.0, 150.0)), chance.uniform(1, 20)
    despite = chance.random() < 3 / 4

    def when(trait: str, value: float, other: float = 0.0) -> float:
        return value if trait in traits else other

    return Temperament(
        lost_before=when("lost_requests", rate / 2),
        lost_after=when("lost_answers", rate),
        error_before=when("errors_that_create", rate / 4),
        error_after=when("errors_that_create", rate),
        create_always_fails="errors_always" in traits,
        creates_despite_errors=despite,
        throttled=when("throttling", 0.3),
        read_error=when("read_errors", 0.15),
        list_lag_seconds=when("list_lag_beyond_settling", long_lag, when("list_lag", lag)),
        late_create_seconds=when("late_creates", late),
        hidden_seconds=when("hidden_at_first", hidden),
        page_size=int(when("small_pages", 2, 100)),
        redactions=redactions if "redaction" in traits else (),
        redacted_after_seconds=redacted_after,
        listed_name="vendor/film-v2" if "renaming" in traits else None,
        removal_seconds=when("early_removal", early, HOUR),
        tells_removal="silent_removal" not in traits,
        ignores_cancels="late_success" in traits,
        failing=when("failing_renders", 0.5),
        empty=when("empty_outputs", 0.4),
        bills_every_end="billed_ends" in traits,
        same_ids="same_ids" in traits,
        ahead_seconds=when("clock_skew", skew),
        sends_date="no_date_header" not in traits,
        has_schema="no_schema" not in traits,
        render_seconds=when("slow_renders", slow, 12.0),
    )
