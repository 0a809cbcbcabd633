"""What keeps a job in hand is told while it keeps it, and taken back with the first step that goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.worker.leased_job import Stopping
from service.worker.waiting_for import JobWaitingFor
from tests.service.log_readers.announcing import until
from tests.service.worker.harness import WorkerHarness, a_worker


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[WorkerHarness]:
    async with a_worker(tmp_path / "DATA") as made:
        yield made


class Diary:
    """Where waits are written down in these tests, every entry kept."""

    def __init__(self) -> None:
        self.entries: list[str | None] = []

    async def set(self, lease: object, reason: str) -> None:
        self.entries.append(reason)

    async def clear(self, lease: object) -> None:
        self.entries.append(None)


async def test_a_reason_is_written_once_and_taken_back_once() -> None:
    diary = Diary()
    waiting_for = JobWaitingFor(diary, lease=None)
    await waiting_for.clear()
    for reason in ("away", "away", "full"):
        await waiting_for.set(reason)
    await waiting_for.clear()
    await waiting_for.clear()
    assert diary.entries == ["away", "full", None]


async def test_a_twin_says_whom_it_waits_for_and_takes_it_back_with_its_own_create(harness: WorkerHarness) -> None:
    """The reason once outlived the wait by a whole poll: the twin rendered and still said that it could not."""
    first = await harness.requested("first", fault="hang_after", image="same")
    await harness.approve("second", image="same")
    second = await harness.take("second")
    harness.policy = replace(harness.policy, poll_seconds=60.0)
    driving = asyncio.create_task(harness.step_loop.run(second))

    async def reason() -> str | None:
        return await harness.stores.jobs.waiting_for("second")

    async def says_why() -> bool:
        return (await reason() or "").startswith("another create: the same input of job first")

    async def goes_on() -> bool:
        return "RenderAccepted" in await harness.types("second") and await reason() is None

    await until(says_why)
    await harness.rendering.reconciling.reconcile(first)
    await until(goes_on)
    second.stop()
    with pytest.raises(Stopping):
        await driving
