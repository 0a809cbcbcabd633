"""What nobody foresaw, where money is at stake: the step is tried again until the deadline, then the job ends."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from domain.commands import Cancel, Command
from domain.machine import Status
from service.assignment import Assignment
from tests.service.announcing import until
from tests.service.desk import TOKEN, Desk, at_a_desk, newest

WHAT = "error: unpack requires a buffer of 2 bytes"


async def breaks(*_: object, **__: object) -> NoReturn:
    raise struct.error("unpack requires a buffer of 2 bytes")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with at_a_desk(tmp_path / "DATA") as made:
        made.policy = replace(made.policy, timeout_seconds=2.0)
        yield made


async def driven(desk: Desk, job_id: str = "a") -> Assignment:
    """Drive the job until it rests."""
    work = await desk.take(job_id)
    async with asyncio.timeout(30):
        await desk.driver.drive(work)
    return work


async def test_a_poll_that_breaks_is_made_again_and_the_video_is_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.policy = replace(desk.policy, timeout_seconds=600.0)
    monkeypatch.setattr(desk.renderer, "follow", breaks)
    await desk.approve("a")
    work = await desk.take("a")
    driving = asyncio.create_task(desk.driver.drive(work))
    await until(lambda: len(desk.broken) > 1)
    assert WHAT in (await desk.stores.jobs.why_it_waits("a") or "")
    monkeypatch.undo()
    async with asyncio.timeout(30):
        await driving
    assert work.job.status is Status.COMPLETED
    assert len([*desk.provider.books]) == 1
    assert "RenderAttemptFailed" not in await desk.types("a")


async def test_a_poll_that_breaks_to_the_end_fails_the_job_at_the_deadline(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job was said to be rendering for ever, and all lights were green."""
    monkeypatch.setattr(desk.renderer, "follow", breaks)
    await desk.approve("a")
    work = await driven(desk)
    assert (work.job.status, work.job.error) == (Status.FAILED, f"Video rendering timeout: {WHAT}")
    assert newest(work.job) == "settled"
    assert [*dict.fromkeys(desk.broken)] == ["follow", "settle"]
    assert len([*desk.provider.books]) == 1


async def test_a_cancel_takes_effect_while_polls_break(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.renderer, "follow", breaks)
    await desk.approve("a")
    work = await desk.take("a")
    driving = asyncio.create_task(desk.driver.drive(work))
    await until(lambda: desk.broken)
    await desk.ledger.order("a", Cancel(by="ada"))
    work.nudge()
    async with asyncio.timeout(30):
        await driving
    assert (work.job.status, newest(work.job)) == (Status.CANCELLED, "settled")
    (create,) = desk.provider.books
    assert create.cancelled_at is not None or create.outcome == "ok"


async def test_a_create_that_breaks_after_it_was_sent_is_looked_for_and_not_sent_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = desk.renderer.submit

    async def sends_and_breaks(order: object) -> NoReturn:
        await send(order)  # type: ignore[arg-type]
        raise KeyError("id")

    monkeypatch.setattr(desk.renderer, "submit", sends_and_breaks)
    await desk.approve("a")
    work = await driven(desk)
    assert work.job.status is Status.COMPLETED
    assert len([*desk.provider.books]) == 1
    assert desk.broken == ["request"]


async def test_a_look_that_breaks_to_the_end_leaves_it_to_a_person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.renderer, "find", breaks)
    await desk.requested("a", fault="hang_after")
    await desk.stores.leases.release(await desk.stores.leases.claim(10))
    work = await driven(desk)
    assert work.job.needs_operator
    assert WHAT in (work.job.wait_reason or "")
    assert len([*desk.provider.books]) == 1


@pytest.mark.parametrize("broken", ["prepare", "request_hash"])
async def test_a_request_that_cannot_even_be_made_fails_the_job_unpaid(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def refuses(*_: object) -> NoReturn:
        raise RecursionError(f"too deep, with {TOKEN}")

    monkeypatch.setattr(desk.renderer, broken, refuses)
    await desk.approve("a")
    work = await driven(desk)
    assert work.job.error == "The render could not be requested: RecursionError: too deep, with [hidden]"
    assert await desk.types("a") == ["StoryboardApproved", "JobFailed"]
    assert len([*desk.provider.books]) == 0


async def test_a_settlement_that_breaks_to_the_end_is_recorded_as_unknown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = await desk.requested("a", fault="hang_after")
    await desk.rendering.reconcile(work)
    await desk.ledger.order("a", Cancel(by="ada"))
    await desk.stores.leases.release([work.lease])
    monkeypatch.setattr(desk.renderer, "cancel", breaks)
    ended = await driven(desk)
    assert ended.job.open_renders == ()
    (settled,) = [
        one.event for one in await desk.stores.events.history("a") if type(one.event).__name__ == "RenderSettled"
    ]
    assert (settled.outcome, settled.render_id is not None) == ("unknown", True)


async def test_what_breaks_after_the_job_moved_on_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after the commit broke: the event is stored all the same, and the next step goes on from it."""
    record = desk.ledger.record

    async def records_and_breaks(job_id: str, command: Command) -> NoReturn:
        await record(job_id, command)
        raise AssertionError("a listener broke")

    await desk.approve("a")
    monkeypatch.setattr(desk.ledger, "record", records_and_breaks)
    work = await driven(desk)
    assert work.job.status is Status.COMPLETED
    assert desk.broken == ["request"]
    assert "RenderAttemptFailed" not in await desk.types("a")


async def test_a_download_that_breaks_is_tried_again_and_never_rendered_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.videos, "fetch", breaks)
    await desk.approve("a")
    waiting = await driven(desk)
    assert waiting.job.status is Status.DOWNLOADING
    assert waiting.job.wait_reason == f"Network error: the download broke: {WHAT}"
    monkeypatch.undo()
    assert (await driven(desk)).job.status is Status.COMPLETED
    assert len([*desk.provider.books]) == 1


async def test_a_codec_that_breaks_on_a_file_makes_it_a_bad_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad file is fetched anew; one that was only broken off is gone on with."""

    def trips(*_: object, **__: object) -> NoReturn:
        raise struct.error("unpack requires a buffer of 2 bytes")

    monkeypatch.setattr("adapters.videos.files.save_thumbnail", trips)
    await desk.approve("a")
    waiting = await driven(desk)
    assert waiting.job.wait_reason == f"Not a valid video: {WHAT}"
    assert desk.broken == []
    assert not [*desk.videos.path("a").parent.glob(".*.part*")]
