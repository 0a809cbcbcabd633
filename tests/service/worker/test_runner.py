"""The runner keeps the leases of its jobs, also of those that it has claimed anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from domain.records import Lease
from service.worker.leases import Leases
from service.worker.runner import Places, Runner, WorkerTables
from tests.service.worker.harness import LEASE_SECONDS, WorkerHarness, a_worker, newest

MOST_LOOKS = 200


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[WorkerHarness]:
    async with a_worker(tmp_path / "DATA") as made:
        yield made


@dataclass(kw_only=True)
class SlowLeases:
    """The leases over a connection that hangs while jobs are renewed, until it `answers`."""

    leases: Leases
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    claimed: list[Lease] = field(default_factory=list)

    async def claim(self, limit: int) -> Sequence[Lease]:
        found = await self.leases.claim(limit)
        self.claimed.extend(found)
        if len(self.claimed) > 1:
            self.answers.set()
        return found

    async def renew(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        await self.answers.wait()
        return await self.leases.renew(leases)

    async def release(self, leases: Sequence[Lease]) -> None:
        await self.leases.release(leases)


async def test_a_job_that_was_claimed_again_is_kept(harness: WorkerHarness) -> None:
    """The renewals hung, and the process claimed its own job a second time. When its first task ended, the second
    lease was not renewed any more; so it was claimed a third time, and so on, and the job never went on.
    """
    harness.policy = replace(harness.policy, settle_seconds=1.0)
    work = await harness.requested("in-doubt", fault="reset_before")
    await harness.stores.leases.release([work.lease])
    leases = SlowLeases(leases=harness.stores.leases)
    tables = WorkerTables(leases=leases, versions=harness.stores.jobs, waiting_for=harness.stores.waiting_for)
    runner = Runner(
        harness.repository,
        harness.step_loop,
        tables,
        clock=harness,
        places=Places(jobs=5),
        lease_seconds=LEASE_SECONDS,
    )
    running = asyncio.create_task(runner.run())
    for _ in range(MOST_LOOKS):
        await asyncio.sleep(0.05)
        if newest(await harness.repository.load("in-doubt")) != "requested":
            break
    await runner.leave()
    await running
    assert (await harness.types("in-doubt"))[2] == "RenderDeferred"
    assert [lease.epoch for lease in leases.claimed[:2]] == [2, 3]
    assert len(leases.claimed) < 5
