"""What one seed means: the ingredients of its schedule, and everything that was drawn for them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tests.simulation.chance import Chance
from tests.simulation.deployment import CHANGES, MODELS, PROFILES, Deployment
from tests.simulation.provider.temperament import TRAITS, Temperament, temperament_of

NEMESES = (
    "crashes",
    "pauses",
    "deploys",
    "clock_steps",
    "provider_clock_steps",
    "database_away",
    "lost_commits",
    "bus_away",
    "long_absences",
)
PEOPLE = ("cancels", "retries", "approves_twice")
SHAPES = (
    "equal_storyboards",
    "two_installations",
    "one_worker",
    "resolves",
    "uploaded_images",
    "starts_as_slideshow",
    "fast_worker",
)
INGREDIENTS = (*TRAITS, *NEMESES, *CHANGES, *PEOPLE, *SHAPES)

FAST_SECONDS = (62.0, 75.0, 90.0, 110.0, 4000.0)
ACTIVE_SECONDS, LONG_ACTIVE_SECONDS = 70.0, 200.0
_OFTEN = {"crashes": 0.5, "deploys": 0.5, "lost_answers": 0.5, "one_worker": 0.5, "deploys_renderer": 0.35}
_RARE = {
    "errors_always": 0.08,
    "list_lag_beyond_settling": 0.1,
    "same_ids": 0.1,
    "two_installations": 0.12,
    "renaming": 0.1,
    "redaction": 0.1,
    "empty_outputs": 0.1,
    "long_absences": 0.15,
}
_USUAL = 0.22


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A nemesis that strikes `steps` messages after the `creates`-th create (0: the beginning), or at a time."""

    what: str
    creates: int
    steps: int
    seconds: float | None
    draws: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A schedule before it runs."""

    seed: int
    ingredients: frozenset[str]
    temperament: Temperament
    deployment: Deployment
    jobs: tuple[tuple[float, str], ...]
    """When each is approved, and by which name its storyboard is."""
    strikes: tuple[Strike, ...]
    active_seconds: float
    """How long nemeses strike."""
    fast_seconds: float
    """How far the clock of the first worker of each installation is ahead."""

    @property
    def shares_storyboards(self) -> bool:
        """Whether two installations have equal storyboards: where a seed or an upload tells their renders apart."""
        is_seeded = self.deployment.profile == "seeded" and not self.has("deploys_profile")
        return self.has("equal_storyboards") and (is_seeded or self.has("uploaded_images"))

    def has(self, ingredient: str) -> bool:
        """Tell whether the schedule has an ingredient."""
        return ingredient in self.ingredients


def plan_of(seed: int, without: frozenset[str] = frozenset()) -> Plan:
    """Return the plan of a seed, without some of its ingredients.

    Every ingredient has a stream of chance of its own: one less, or a new one, leaves all others as they are.
    """
    chance = Chance(seed)
    ingredients = frozenset(name for name in INGREDIENTS if _is_in(name, chance)) - without
    active_seconds = LONG_ACTIVE_SECONDS if "slow_renders" in ingredients else ACTIVE_SECONDS
    return Plan(
        seed=seed,
        ingredients=ingredients,
        temperament=temperament_of(ingredients, chance),
        deployment=_deployment(ingredients, chance.of("deployment")),
        jobs=_jobs(ingredients, chance.of("jobs")),
        strikes=tuple(
            strike
            for what in (*NEMESES, *PEOPLE)
            if what in ingredients
            for strike in _strikes(what, active_seconds, chance.of(f"strikes: {what}"))
        ),
        active_seconds=active_seconds,
        fast_seconds=chance.of("fast_worker").choice(FAST_SECONDS) if "fast_worker" in ingredients else 0.0,
    )


def _is_in(ingredient: str, chance: Chance) -> bool:
    return chance.of(f"is in: {ingredient}").random() < {**_OFTEN, **_RARE}.get(ingredient, _USUAL)


def _deployment(ingredients: frozenset[str], chance: random.Random) -> Deployment:
    profile, retries = chance.choice(sorted(PROFILES)), chance.choice((0, 1, 2))
    renderer: Literal["slideshow", "replicate"] = "slideshow" if "starts_as_slideshow" in ingredients else "replicate"
    return Deployment(renderer=renderer, profile=profile, model=MODELS[0], max_retries=retries)


def _jobs(ingredients: frozenset[str], chance: random.Random) -> tuple[tuple[float, str], ...]:
    number, times = chance.choice((1, 1, 2, 3)), sorted(chance.uniform(0, 10) for _ in range(3))
    equal = "equal_storyboards" in ingredients
    return tuple((times[job], "equal" if equal else f"film-{job + 1}") for job in range(number))


def _strikes(what: str, active_seconds: float, chance: random.Random) -> Iterator[Strike]:
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.random() * active_seconds
        yield Strike(
            what=what,
            creates=chance.choice((0, 1, 1, 1, 2, 2, 3)),
            steps=chance.choice((0, 0, 1, 1, 2, 3, 4, 6, 10, 20, 50)),
            seconds=at if chance.random() < 1 / 3 else None,
            draws=tuple(chance.random() for _ in range(4)),
        )
