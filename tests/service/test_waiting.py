"""What keeps a job in hand is told while it keeps it, and taken back with the first step that goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.assignment import Stopping
from service.waiting import Wait
from tests.service.announcing import until
from tests.service.desk import Desk, at_a_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with at_a_desk(tmp_path / "DATA") as made:
        yield made


class Diary:
    """Where waits are written down in these tests, every entry kept."""

    def __init__(self) -> None:
        self.entries: list[str | None] = []

    async def note(self, lease: object, reason: str) -> None:
        self.entries.append(reason)

    async def clear(self, lease: object) -> None:
        self.entries.append(None)


async def test_a_reason_is_written_once_and_taken_back_once() -> None:
    diary = Diary()
    wait = Wait(diary, lease=None)
    await wait.over()
    for reason in ("away", "away", "full"):
        await wait.because(reason)
    await wait.over()
    await wait.over()
    assert diary.entries == ["away", "full", None]


async def test_a_twin_says_whom_it_waits_for_and_takes_it_back_with_its_own_create(desk: Desk) -> None:
    """The reason once outlived the wait by a whole poll: the twin rendered and still said that it could not."""
    first = await desk.requested("first", fault="hang_after", picture="same")
    await desk.approve("second", picture="same")
    second = await desk.take("second")
    desk.policy = replace(desk.policy, poll_seconds=60.0)
    driving = asyncio.create_task(desk.driver.drive(second))

    async def reason() -> str | None:
        return await desk.stores.jobs.why_it_waits("second")

    async def says_why() -> bool:
        return "still unresolved: job first" in (await reason() or "")

    async def goes_on() -> bool:
        return "RenderAccepted" in await desk.types("second") and await reason() is None

    await until(says_why)
    await desk.rendering.reconcile(first)
    await until(goes_on)
    second.stop()
    with pytest.raises(Stopping):
        await driving
