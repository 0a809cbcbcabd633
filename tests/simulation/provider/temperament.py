"""How a provider behaves in one schedule. A trait that is off leaves the provider as its documents promise it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tests.simulation.chance import Chance

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


def temperament_of(traits: Collection[str], chance: Chance) -> Temperament:
    """Return the temperament that has these traits, each drawn from a stream of its own."""

    def choice(trait: str, *values: float) -> float:
        return chance.of(trait).choice(values)

    def between(trait: str, least: float, most: float) -> float:
        return chance.of(trait).uniform(least, most)

    def when(trait: str, value: float, other: float = 0.0) -> float:
        return value if trait in traits else other

    redactions = chance.of("redaction").sample(REDACTIONS, chance.of("redaction").choice((1, 1, 2)))
    return Temperament(
        lost_before=when("lost_requests", choice("lost_requests", 0.1, 0.2, 0.4)),
        lost_after=when("lost_answers", choice("lost_answers", 0.15, 0.4, 0.8)),
        error_before=when("errors_that_create", choice("errors before", 0.0, 0.1, 0.2)),
        error_after=when("errors_that_create", choice("errors_that_create", 0.15, 0.4, 0.8)),
        create_always_fails="errors_always" in traits,
        creates_despite_errors=choice("errors_always", 0, 1, 1) == 1,
        throttled=when("throttling", 0.3),
        read_error=when("read_errors", 0.15),
        list_lag_seconds=when(
            "list_lag_beyond_settling",
            between("list_lag_beyond_settling", 60, 400),
            when("list_lag", between("list_lag", 1, 16)),
        ),
        late_create_seconds=when("late_creates", between("late_creates", 0.5, 9)),
        hidden_seconds=when("hidden_at_first", between("hidden_at_first", 1, 20)),
        page_size=int(when("small_pages", 2, 100)),
        redactions=tuple(sorted(redactions, key="removed".__eq__)) if "redaction" in traits else (),
        redacted_after_seconds=choice("redacted after", 0, 0, 20, 120),
        listed_name="vendor/film-v2" if "renaming" in traits else None,
        removal_seconds=when("early_removal", choice("early_removal", 15, 120, 900), HOUR),
        tells_removal="silent_removal" not in traits,
        ignores_cancels="late_success" in traits,
        failing=when("failing_renders", 0.5),
        empty=when("empty_outputs", 0.4),
        bills_every_end="billed_ends" in traits,
        same_ids="same_ids" in traits,
        ahead_seconds=when("clock_skew", choice("clock_skew", -7200, -600, -75, 75, 600, 7200)),
        sends_date="no_date_header" not in traits,
        has_schema="no_schema" not in traits,
        render_seconds=when("slow_renders", choice("slow_renders", 60, 115, 150), 12.0),
    )
