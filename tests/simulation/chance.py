"""All chance of a schedule: one stream for each purpose, so that one ingredient less leaves the other draws alone."""

from __future__ import annotations

import random


class Chance:
    """Streams of chance that follow from one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._streams: dict[str, random.Random] = {}

    def of(self, purpose: str) -> random.Random:
        """Return the stream of a purpose: always the same one."""
        if purpose not in self._streams:
            self._streams[purpose] = random.Random(f"{self._seed}/{purpose}")
        return self._streams[purpose]
