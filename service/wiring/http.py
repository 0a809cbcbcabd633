"""Makes the HTTP interface."""

from __future__ import annotations

import asyncio
import shutil

from fastapi import FastAPI

from adapters.sql.work.idempotency import IdempotencyKeys, Remembered
from adapters.sql.work.queue import SqlQueue
from service.http.app import create_app
from service.http.dependencies import Claim, Dependencies, HealthCheck
from service.log_readers.log_signal import LogSignal
from service.settings import Settings
from service.wiring.clock import CLOCK, new_id
from service.wiring.stores import Stores
from service.wiring.worker import Worker

LEAST_FREE_BYTES = 200 * 1024 * 1024
"""With less free space the service is not ready: a video might not fit."""


def make_api(
    settings: Settings,
    stores: Stores,
    worker: Worker,
    *,
    log_signal: LogSignal,
    checks: dict[str, HealthCheck],
    stopping: asyncio.Event,
) -> FastAPI:
    """Make the application; `stopping` ends its live streams."""
    dependencies = Dependencies(
        operations=worker.operations,
        store=stores.events,
        jobs=stores.jobs,
        images=worker.images,
        videos=worker.videos,
        idempotency=SqlIdempotency(stores.idempotency),
        log_signal=log_signal,
        queue=SqlQueue(stores.db),
        checks=checks,
        provider=worker.provider.check,
        clock=CLOCK,
        new_id=new_id,
        stopping=stopping,
    )
    return create_app(dependencies, settings, metrics=worker.metrics)


class SqlIdempotency:
    """The idempotency keys of the HTTP interface, stored in the database."""

    def __init__(self, keys: IdempotencyKeys) -> None:
        self._keys = keys

    async def claim(self, key: str, *, body_hash: str, job_id: str) -> Claim:
        """Store the claim unless the key has one; return the stored one. Raises Unavailable."""
        stored = await self._keys.remember(key, Remembered(body_hash=body_hash, job_id=job_id), at=CLOCK.now())
        return Claim(body_hash=stored.body_hash, job_id=stored.job_id)


async def disk_health(settings: Settings) -> tuple[bool, str]:
    """Return whether there is room for videos, and how much."""
    free = shutil.disk_usage(settings.data_dir).free
    return free >= LEAST_FREE_BYTES, f"{free // 1024**2} MiB free in the data directory"
