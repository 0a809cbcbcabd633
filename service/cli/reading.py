"""The events of all jobs, page by page, and progress on stderr for what takes long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from service.cli.output import say
from service.cli.progress_notes import SAY_SECONDS, ProgressNotes
from service.log_readers.reader import LogPage, LogReader
from service.wiring.clock import CLOCK

if TYPE_CHECKING:
    from service.wiring.stores import Stores

PAGE_EVENTS = 1000


async def read_log(stores: Stores, *, until: datetime | None = None) -> AsyncIterator[LogPage]:
    """Yield all events in order, or those stored up to a moment, in pages."""
    reader, notes = LogReader("command_line", stores.events), ProgressNotes()
    reader.page_events = PAGE_EVENTS
    async for page in reader.pages(stop=lambda recorded: until is not None and recorded.recorded_at > until):
        yield page
        notes.say(f"{page.position} events read")


@asynccontextmanager
async def still_at_work(doing: str) -> AsyncIterator[None]:
    """Print every few seconds that the block is still at work."""
    async with asyncio.TaskGroup() as group:
        notes = group.create_task(_say(doing))
        try:
            yield
        finally:
            notes.cancel()


async def _say(doing: str) -> None:
    began = CLOCK.monotonic()
    while True:
        await asyncio.sleep(SAY_SECONDS)
        say(f"{doing}, {CLOCK.monotonic() - began:.0f} s so far ...")
