"""The whole log, page by page, and a word on stderr when something takes long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from domain.records import Recorded
from service.cli.output import say
from service.cli.progress_notes import SAY_SECONDS, ProgressNotes
from service.wiring.clock import CLOCK

if TYPE_CHECKING:
    from service.wiring.stores import Stores

PAGE_EVENTS = 1000


async def read_log(stores: Stores) -> AsyncIterator[Sequence[Recorded]]:
    """Yield all events in order, a page at a time."""
    position, notes = 0, ProgressNotes()
    while events := await stores.events.read(after=position, limit=PAGE_EVENTS):
        yield events
        position = events[-1].position
        notes.say(f"{position} events read")


@asynccontextmanager
async def still_at_work(doing: str) -> AsyncIterator[None]:
    """Say every few seconds that the block is still at work."""
    async with asyncio.TaskGroup() as group:
        saying = group.create_task(_say(doing))
        try:
            yield
        finally:
            saying.cancel()


async def _say(doing: str) -> None:
    began = CLOCK.monotonic()
    while True:
        await asyncio.sleep(SAY_SECONDS)
        say(f"{doing}, {CLOCK.monotonic() - began:.0f} s so far ...")
