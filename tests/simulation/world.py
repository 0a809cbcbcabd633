"""What surrounds the processes of a schedule: time, chance, the wire, the provider, and the story of it all."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.chance import Chance
from tests.simulation.loop import VirtualLoop
from tests.simulation.plan import Plan
from tests.simulation.provider.account import Books
from tests.simulation.provider.front import Provider
from tests.simulation.stores.tables import MemoryTables
from tests.simulation.story import Story
from tests.simulation.wire import Wire


class World:
    """One schedule's world. `moment` is called before every message."""

    def __init__(self, plan: Plan, *, moment: Callable[[], None]) -> None:
        self.plan = plan
        self.chance = Chance(plan.seed)
        self.loop = VirtualLoop(self.chance.of("turns"))
        self.story = Story(self.loop.time)
        self.wire = Wire(self.loop, self.chance.of("wire"), moment=moment)
        books = Books(
            temperament=plan.temperament,
            time=self.loop.time,
            chance=self.chance.of("renders"),
            ahead_seconds=plan.temperament.ahead_seconds,
        )
        self.provider = Provider(plan.temperament, books, self.chance.of("provider"), self.story, self.wire.later)
        self.databases: list[MemoryTables] = []
        """Those of all installations."""
        self.deaths: list[str] = []
        self.unexpected: list[str] = []
        """Errors that no step of the product reckons with."""
        self.was_cut_short = False
        """Whether it was ended while everything still moved, because what it was to find was found."""

    def tell_unexpected(self, process: str, error: str) -> None:
        """Note an error that ended a step."""
        self.story.tell(process, f"unexpected: {error}")
        self.unexpected.append(f"{process}: {error}")

    def tell_death(self, process: str, error: BaseException) -> None:
        """Note that a process ended by an error of its own."""
        parts = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
        text = "; ".join(f"{type(part).__name__}: {part}" for part in parts)
        self.story.tell(process, f"died by itself: {text}")
        self.deaths.append(f"{process}: {text}")
