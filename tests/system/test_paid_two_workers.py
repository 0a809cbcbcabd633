"""A worker that sleeps through its lease wakes up to a job that another one has finished, and does no harm."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.nats import NatsServer
from tests.system.paid_once.paying import CALM, FOR_EVER_SECONDS, TIMES
from tests.system.paid_once.provider import Provider, approval_of
from tests.system.paid_once.worker import Reelwright


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with Provider(tmp_path, **CALM) as running:
        yield running


async def test_a_worker_that_slept_through_its_lease_neither_pays_nor_writes_again(
    tmp_path: Path, provider: Provider
) -> None:
    """It stops with its create under way; its successor adopts the render and completes the job meanwhile."""
    # A create that lasts until it is stopped, on a busy machine too.
    times = TIMES | {"REELWRIGHT_CREATE_TIMEOUT_SECONDS": "4"}
    with NatsServer() as nats:
        sleeper, successor = (Reelwright(tmp_path, provider, nats_url=nats.url, **times) for _ in range(2))
        try:
            await sleeper.start()
            provider.change(script={"create": ["hang_after"]}, hang_seconds=FOR_EVER_SECONDS)
            await sleeper.approve(approval_of("handed-over"))

            async def created() -> bool:
                return bool(await asyncio.to_thread(provider.creates_of, "handed-over"))

            async def has_noticed() -> bool:
                return "lease_lost" in sleeper.log_tail()

            await sleeper.until(created)
            sleeper.signal(signal.SIGSTOP)
            await successor.start()
            job = await successor.job_in("handed-over", "completed", "failed")
            assert job["status"] == "completed", job
            before = await successor.events("handed-over")

            sleeper.signal(signal.SIGCONT)
            await sleeper.until(has_noticed, what="the sleeper's loss of its lease")
            assert await successor.events("handed-over") == before
            assert len(provider.creates_of("handed-over")) == 1
            announced = [body for body in await successor.announced() if body["job_id"] == "handed-over"]
            assert [body["sequence"] for body in announced] == [*range(1, len(before) + 1), len(before)]
        finally:
            sleeper.kill()
            successor.kill()
