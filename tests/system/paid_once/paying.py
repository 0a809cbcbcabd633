"""One service with short times and one hostile provider, for tests that tell small stories about money."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.fixtures.nats import NatsServer
from tests.system.paid_once.provider import Provider, approval_of
from tests.system.paid_once.worker import Reelwright

CALM: dict[str, Any] = {
    "rates": {},
    "script": {},
    "starting_seconds": 0.05,
    "render_seconds": 0.2,
    "video_seconds": 0.5,
    "list_lag_seconds": 0.0,
    "data_removed_after_seconds": 3600.0,
    "output_expires_after_seconds": 3600.0,
}
RENDER_TIMEOUT_SECONDS = 6.0
DOWNLOAD_DEADLINE_SECONDS = 5.0
TIMES = {
    "REELWRIGHT_RENDER_TIMEOUT_SECONDS": str(RENDER_TIMEOUT_SECONDS),
    "REELWRIGHT_DOWNLOAD_DEADLINE_SECONDS": str(DOWNLOAD_DEADLINE_SECONDS),
    "REELWRIGHT_CREATE_TIMEOUT_SECONDS": "1",
    "REELWRIGHT_CREATE_SETTLE_SECONDS": "0.5",
}
FOR_EVER_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paying:
    """The pair."""

    service: Reelwright
    provider: Provider

    async def approve(self, job_id: str, **more: Any) -> None:
        await self.service.approve(approval_of(job_id, **more))

    async def events(self, job_id: str, *types: str) -> list[dict[str, Any]]:
        """Return the data of the job's events of these types, each with its `type`."""
        answer = await self.service.get(f"/api/jobs/{job_id}/events")
        events = answer.json() if answer.is_success else []
        return [event["data"] | {"type": event["type"]} for event in events if not types or event["type"] in types]

    async def until_event(self, job_id: str, kind: str, *, count: int = 1, seconds: float = 30.0) -> dict[str, Any]:
        """Wait for the `count`-th event of a type and return its data."""

        async def there() -> dict[str, Any] | None:
            found = await self.events(job_id, kind)
            return found[count - 1] if len(found) >= count else None

        return dict(await self.service.until(there, seconds=seconds, what=f"{kind} of job {job_id}"))

    async def order(self, verb: str, job_id: str) -> httpx.Response:
        """Cancel or retry over HTTP."""
        return await self.service.order(verb, job_id)


@contextmanager
def paying(folder: Path, **settings: str) -> Iterator[Paying]:
    """Run both, and the bus between them."""
    with NatsServer() as nats, Provider(folder, **CALM) as provider:
        service = Reelwright(folder, provider, nats_url=nats.url, **(TIMES | settings))
        asyncio.run(service.start())
        try:
            yield Paying(service=service, provider=provider)
        finally:
            service.kill()
