"""What happened in a schedule, line by line, for the person who reads a failing seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LONGEST_LINE = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, at virtual seconds since the beginning."""

    seconds: float
    who: str
    what: str

    def __str__(self) -> str:
        whole = f"{self.seconds:10.3f}  {self.who:<10} {self.what}"
        return whole if len(whole) <= LONGEST_LINE else whole[: LONGEST_LINE - 1] + "…"


class Story:
    """The lines, oldest first."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self.lines: list[Line] = []

    @property
    def seconds(self) -> float:
        """The time now."""
        return self._time()

    def tell(self, who: str, what: str) -> None:
        """Add a line."""
        self.lines.append(Line(self._time(), who, what))

    def text(self) -> str:
        """Return all of it; equal lines that follow each other are told once."""
        told: list[str] = []
        repeated = 0
        for before, line in zip([None, *self.lines], self.lines, strict=False):
            if before is not None and (before.who, before.what) == (line.who, line.what):
                repeated += 1
                continue
            if repeated:
                told.append(f"{'':12}(and {repeated} times more)")
            repeated = 0
            told.append(str(line))
        return "\n".join(told)
