"""An unexpected error where money is at stake: the step is tried again until the deadline, then the job ends."""

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
from service.worker.leased_job import LeasedJob
from tests.service.log_readers.announcing import until
from tests.service.worker.harness import TOKEN, WorkerHarness, a_worker, newest

WHAT = "error: unpack requires a buffer of 2 bytes"


async def breaks(*_: object, **__: object) -> NoReturn:
    raise struct.error("unpack requires a buffer of 2 bytes")


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[WorkerHarness]:
    async with a_worker(tmp_path / "DATA") as made:
        made.policy = replace(made.policy, timeout_seconds=2.0)
        yield made


async def driven(harness: WorkerHarness, job_id: str = "a") -> LeasedJob:
    """Drive the job until it is idle."""
    work = await harness.take(job_id)
    async with asyncio.timeout(30):
        await harness.step_loop.run(work)
    return work


async def test_a_poll_that_breaks_is_made_again_and_the_video_is_taken(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.policy = replace(harness.policy, timeout_seconds=600.0)
    monkeypatch.setattr(harness.renderer, "follow", breaks)
    await harness.approve("a")
    work = await harness.take("a")
    driving = asyncio.create_task(harness.step_loop.run(work))
    await until(lambda: len(harness.broken) > 1)
    assert WHAT in (await harness.stores.jobs.waiting_for("a") or "")
    monkeypatch.undo()
    async with asyncio.timeout(30):
        await driving
    assert work.job.status is Status.COMPLETED
    assert len([*harness.provider.books]) == 1
    assert "RenderAttemptFailed" not in await harness.types("a")


async def test_a_poll_that_breaks_to_the_end_fails_the_job_at_the_deadline(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job was said to be rendering for ever, and all lights were green."""
    monkeypatch.setattr(harness.renderer, "follow", breaks)
    await harness.approve("a")
    work = await driven(harness)
    assert (work.job.status, work.job.error) == (Status.FAILED, f"Video rendering timeout: {WHAT}")
    assert newest(work.job) == "settled"
    assert [*dict.fromkeys(harness.broken)] == ["follow", "settle"]
    assert len([*harness.provider.books]) == 1


async def test_a_cancel_takes_effect_while_polls_break(harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness.renderer, "follow", breaks)
    await harness.approve("a")
    work = await harness.take("a")
    driving = asyncio.create_task(harness.step_loop.run(work))
    await until(lambda: harness.broken)
    await harness.repository.execute("a", Cancel(by="ada"))
    work.notify_changed()
    async with asyncio.timeout(30):
        await driving
    assert (work.job.status, newest(work.job)) == (Status.CANCELLED, "settled")
    (create,) = harness.provider.books
    assert create.cancelled_at is not None or create.outcome == "ok"


async def test_a_create_that_breaks_after_it_was_sent_is_looked_for_and_not_sent_again(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = harness.renderer.submit

    async def sends_and_breaks(request: object, order: object) -> NoReturn:
        await send(request, order)  # type: ignore[arg-type]
        raise KeyError("id")

    monkeypatch.setattr(harness.renderer, "submit", sends_and_breaks)
    await harness.approve("a")
    work = await driven(harness)
    assert work.job.status is Status.COMPLETED
    assert len([*harness.provider.books]) == 1
    assert harness.broken == ["request"]


async def test_a_look_that_breaks_to_the_end_leaves_it_to_a_person(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness.renderer, "find", breaks)
    await harness.requested("a", fault="hang_after")
    await harness.stores.leases.release(await harness.stores.leases.claim(10))
    work = await driven(harness)
    assert work.job.needs_operator
    assert WHAT in (work.job.last_problem or "")
    assert len([*harness.provider.books]) == 1


async def test_a_request_that_cannot_even_be_made_fails_the_job_unpaid(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> NoReturn:
        raise RecursionError(f"too deep, with {TOKEN}")

    monkeypatch.setattr(harness.renderer, "prepare", refuses)
    await harness.approve("a")
    work = await driven(harness)
    assert work.job.error == "The render could not be requested: RecursionError: too deep, with [hidden]"
    assert await harness.types("a") == ["StoryboardApproved", "JobFailed"]
    assert len([*harness.provider.books]) == 0


async def test_a_settlement_that_breaks_to_the_end_is_recorded_as_unknown(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = await harness.requested("a", fault="hang_after")
    await harness.rendering.reconciling.reconcile(work)
    await harness.repository.execute("a", Cancel(by="ada"))
    await harness.stores.leases.release([work.lease])
    monkeypatch.setattr(harness.renderer, "cancel", breaks)
    ended = await driven(harness)
    assert ended.job.open_renders == ()
    (settled,) = [
        one.event for one in await harness.stores.events.history("a") if type(one.event).__name__ == "RenderSettled"
    ]
    assert (settled.outcome, settled.render_id is not None) == ("unknown", True)


async def test_what_breaks_after_the_job_moved_on_changes_nothing(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes after the commit broke: the event is stored all the same, and the next step goes on from it."""
    execute = harness.repository.execute

    async def executes_and_breaks(job_id: str, command: Command) -> NoReturn:
        await execute(job_id, command)
        raise AssertionError("a listener broke")

    await harness.approve("a")
    monkeypatch.setattr(harness.repository, "execute", executes_and_breaks)
    work = await driven(harness)
    assert work.job.status is Status.COMPLETED
    assert harness.broken == ["request"]
    assert "RenderAttemptFailed" not in await harness.types("a")


async def test_a_download_that_breaks_is_tried_again_and_never_rendered_again(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness.videos, "fetch", breaks)
    await harness.approve("a")
    waiting = await driven(harness)
    assert waiting.job.status is Status.DOWNLOADING
    assert waiting.job.last_problem == f"Network error: the download broke: {WHAT}"
    monkeypatch.undo()
    assert (await driven(harness)).job.status is Status.COMPLETED
    assert len([*harness.provider.books]) == 1


async def test_a_codec_that_breaks_on_a_file_makes_it_a_bad_file(
    harness: WorkerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad file is fetched anew; one that was only broken off is gone on with."""

    def trips(*_: object, **__: object) -> NoReturn:
        raise struct.error("unpack requires a buffer of 2 bytes")

    monkeypatch.setattr("adapters.videos.files.save_thumbnail", trips)
    await harness.approve("a")
    waiting = await driven(harness)
    assert waiting.job.last_problem == f"Not a valid video: {WHAT}"
    assert harness.broken == []
    assert not [*harness.videos.path("a").parent.glob(".*.part*")]
