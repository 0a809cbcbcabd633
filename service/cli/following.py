"""A job as it moves, read from the database again and again: it needs no running service, and misses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from domain.errors import Unavailable
from service.cli.history import History, load_history, unknown
from service.wiring.clock import CLOCK

if TYPE_CHECKING:
    from service.wiring.stores import Stores

POLL_SECONDS = 0.2
DATABASE_AWAY_SECONDS = 30.0


async def follow(stores: Stores, job_id: str) -> AsyncIterator[History | None]:
    """Yield the job each time it has changed, until it has ended; None after every look that found nothing new.

    Raises Problem for a job that does not exist, and Unavailable when the database stays away.
    """
    version = 0
    while True:
        found = await _version(stores, job_id)
        if found is None:
            raise unknown(job_id)
        if found == version:
            yield None
        else:
            history = await load_history(stores, job_id)
            version = history.job.version
            yield history
            if history.job.is_final:
                return
        await asyncio.sleep(POLL_SECONDS)


async def _version(stores: Stores, job_id: str) -> int | None:
    """Read one figure from the read model, also over a short absence of the database."""
    until = CLOCK.monotonic() + DATABASE_AWAY_SECONDS
    while True:
        try:
            return (await stores.jobs.versions([job_id])).get(job_id)
        except Unavailable:
            if CLOCK.monotonic() > until:
                raise
            await asyncio.sleep(POLL_SECONDS)
