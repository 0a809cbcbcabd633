"""What can be asked of a job, whichever door it comes through."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

import pytest

from domain import commands as c
from domain.commands import Command
from domain.cost import Prices
from domain.errors import IllegalMove, NotFound, VersionConflict
from domain.events import JobCancelled, JobFailed, RenderResolved, RetryRequested
from domain.machine import Status
from domain.records import Append, Recorded
from domain.storyboard import Scene
from service.jobs.operations import LONGEST_NAME, LONGEST_REASON, ApprovalConflict, JobOperations
from service.jobs.repository import JobRepository
from tests.domain import scenario
from tests.service.log_readers.announcing import MemoryStore

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
PRICES = Prices(per_image=Decimal("0.003"), per_second=Decimal("0.50"))


class VersionedStore(MemoryStore):
    """Refuses to append after a version that is not the last one, as every store does."""

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        stored = len(await self.history(entry.job.job_id))
        if entry.job.version - len(entry.events) != stored:
            raise VersionConflict(f"job {entry.job.job_id} has version {stored}")
        return await super().append(entry)


def new_repository(store: MemoryStore) -> JobRepository:
    numbers = count(1)
    return JobRepository(store, new_id=lambda: f"id-{next(numbers)}", metadata={})


async def operations_after(*commands: Command) -> tuple[JobOperations, VersionedStore]:
    store = VersionedStore()
    repository = new_repository(store)
    for command in commands:
        await repository.execute("job-1", command)
    return JobOperations(repository, prices=lambda: PRICES, now=lambda: NOW, download_seconds=60), store


async def test_a_job_is_cancelled_by_whom_and_why_the_command_says() -> None:
    operations, store = await operations_after(scenario.approve())
    job = await operations.cancel("job-1", by="ada", reason="wrong images")
    assert job.status is Status.CANCELLED
    assert store.events[-1].event == JobCancelled(by="ada", reason="wrong images")


async def test_a_failed_job_is_retried() -> None:
    operations, store = await operations_after(scenario.approve(), scenario.TIMEOUT)
    assert (await operations.retry("job-1", by="ada")).status is Status.APPROVED
    assert store.events[-1].event == RetryRequested(by="ada")


async def test_a_retry_answers_a_job_that_waits_for_an_operator() -> None:
    operations, store = await operations_after(scenario.approve(), scenario.request(), scenario.leave())
    assert (await operations.retry("job-1", by="ada")).status is Status.RENDERING
    assert store.events[-1].event == RenderResolved(token="token-1", outcome="not_created", by="ada")


async def test_a_job_is_stopped_with_a_reason_and_may_be_retried() -> None:
    operations, store = await operations_after(scenario.approve())
    assert (await operations.stop("job-1", reason="restored")).status is Status.FAILED
    assert store.events[-1].event == JobFailed(stage="approved", reason="restored")
    assert (await operations.retry("job-1", by="ada")).status is Status.APPROVED


async def test_a_command_to_an_unknown_job_is_not_found_and_makes_none() -> None:
    operations, store = await operations_after()
    for asked in (
        operations.cancel("job-1", by="ada"),
        operations.retry("job-1", by="ada"),
        operations.stop("job-1", reason="restored"),
    ):
        with pytest.raises(NotFound, match="There is no job job-1"):
            await asked
    assert store.events == []


async def test_a_command_that_is_not_possible_now_is_an_illegal_move() -> None:
    operations, store = await operations_after(scenario.approve())
    with pytest.raises(IllegalMove):
        await operations.retry("job-1", by="ada")
    await operations.cancel("job-1", by="ada")
    with pytest.raises(IllegalMove):
        await operations.cancel("job-1", by="ada")
    assert len(store.events) == 2


async def test_a_command_to_a_job_that_another_process_moved_on_is_decided_again() -> None:
    operations, store = await operations_after(scenario.approve())
    await new_repository(store).execute("job-1", scenario.request())
    assert (await operations.cancel("job-1", by="ada")).status is Status.CANCELLED
    assert [recorded.version for recorded in store.events] == [1, 2, 3]


async def test_a_long_name_and_a_long_reason_are_cut() -> None:
    operations, store = await operations_after(scenario.approve())
    await operations.cancel("job-1", by="a" * 1000, reason="b" * 3000)
    assert store.events[-1].event == JobCancelled(by="a" * LONGEST_NAME, reason="b" * LONGEST_REASON)


async def test_an_empty_reason_is_none() -> None:
    operations, store = await operations_after(scenario.approve())
    await operations.cancel("job-1", by="ada", reason="")
    assert store.events[-1].event == JobCancelled(by="ada", reason=None)


async def test_the_same_approval_again_changes_nothing_and_another_one_is_a_conflict() -> None:
    operations, store = await operations_after()
    job = await operations.approve("job-1", scenario.approve())
    assert await operations.approve("job-1", scenario.approve()) == job
    refusal = c.RefuseStoryboard(reason="Scene 1 is missing image", received="{}", received_hash="0")
    conflict = await operations.approve("job-1", refusal)
    assert conflict == ApprovalConflict(job_id="job-1", reason="Scene 1 is missing image, and job job-1 exists already")
    assert len(store.events) == 1


async def test_an_estimate_is_what_all_images_and_one_attempt_cost() -> None:
    operations, _ = await operations_after()
    scenes = [Scene(scene_number=n, image_url="https://images.test/1.png", duration_seconds=2.5) for n in (1, 2)]
    assert operations.estimate(scenes) == Decimal("2.506")
