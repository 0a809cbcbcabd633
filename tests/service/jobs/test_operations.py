"""Cancel and retry as they come over the bus."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import count

import pytest

from domain.commands import Command
from domain.errors import IllegalMove, NotFound, VersionConflict
from domain.events import JobCancelled, RenderResolved, RetryRequested
from domain.records import Append, Recorded
from service.intake.reading import UnreadableError
from service.jobs.operations import LONGEST_NAME, LONGEST_REASON, JobOperations
from service.jobs.repository import JobRepository
from tests.domain import scenario
from tests.service.log_readers.announcing import MemoryStore

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)


class VersionedStore(MemoryStore):
    """Refuses to append after a version that is not the last one, as every store does."""

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        stored = len(await self.history(entry.job.job_id))
        if entry.job.version - len(entry.events) != stored:
            raise VersionConflict(f"job {entry.job.job_id} has version {stored}")
        return await super().append(entry)


def new_ledger(store: MemoryStore) -> JobRepository:
    numbers = count(1)
    return JobRepository(store, new_id=lambda: f"id-{next(numbers)}", metadata={})


async def orders_after(*commands: Command) -> tuple[JobOperations, VersionedStore]:
    store = VersionedStore()
    repository = new_ledger(store)
    for command in commands:
        await repository.command("job-1", command)
    return JobOperations(repository, now=lambda: NOW, download_seconds=60), store


def order(**fields: object) -> bytes:
    return json.dumps({"job_id": "job-1", **fields}).encode()


async def test_a_job_is_cancelled_by_whom_and_why_the_order_says() -> None:
    operations, store = await orders_after(scenario.approve())
    reply = await operations.cancel(order(by="ada", reason="wrong images"))
    assert reply == {"ok": True, "status": "cancelled"}
    assert store.events[-1].event == JobCancelled(by="ada", reason="wrong images")


async def test_an_order_without_a_name_came_from_the_bus() -> None:
    operations, store = await orders_after(scenario.approve())
    await operations.cancel(order())
    assert store.events[-1].event == JobCancelled(by="nats", reason=None)


async def test_a_failed_job_is_retried() -> None:
    operations, store = await orders_after(scenario.approve(), scenario.TIMEOUT)
    assert await operations.retry(order(by="ada")) == {"ok": True, "status": "approved"}
    assert store.events[-1].event == RetryRequested(by="ada")


async def test_a_retry_answers_a_job_that_waits_for_an_operator() -> None:
    operations, store = await orders_after(scenario.approve(), scenario.request(), scenario.leave())
    assert await operations.retry(order(by="ada")) == {"ok": True, "status": "rendering"}
    assert store.events[-1].event == RenderResolved(token="token-1", outcome="not_created", by="ada")


async def test_an_order_to_an_unknown_job_is_not_found_and_makes_none() -> None:
    operations, store = await orders_after()
    with pytest.raises(NotFound, match="There is no job job-1"):
        await operations.cancel(order())
    with pytest.raises(NotFound):
        await operations.retry(order())
    assert store.events == []


async def test_an_order_that_is_not_possible_now_is_an_illegal_move() -> None:
    operations, store = await orders_after(scenario.approve())
    with pytest.raises(IllegalMove):
        await operations.retry(order())
    await operations.cancel(order())
    with pytest.raises(IllegalMove):
        await operations.cancel(order())
    assert len(store.events) == 2


async def test_an_order_to_a_job_that_another_process_moved_on_is_decided_again() -> None:
    operations, store = await orders_after(scenario.approve())
    await new_ledger(store).command("job-1", scenario.request())
    assert await operations.cancel(order(by="ada")) == {"ok": True, "status": "cancelled"}
    assert [recorded.version for recorded in store.events] == [1, 2, 3]


@pytest.mark.parametrize(
    "payload",
    [b"", b"cancel", b"\xff", b'{"job_id": "\xed\xa0\x80"}', b'{"job_id": "\\ud800"}', b"[" * 100_000, b"1" * 5000],
)
async def test_an_order_that_is_no_json_is_unreadable(payload: bytes) -> None:
    """A text with bytes of half a character escaped as a UnicodeDecodeError, and the sender got no answer."""
    operations, _ = await orders_after()
    with pytest.raises(UnreadableError, match="Not JSON"):
        await operations.cancel(payload)


@pytest.mark.parametrize("payload", [b"[]", b'"job-1"', b"5", b"null"])
async def test_an_order_that_is_no_object_is_unreadable(payload: bytes) -> None:
    operations, _ = await orders_after()
    with pytest.raises(UnreadableError, match="Not a JSON object"):
        await operations.retry(payload)


@pytest.mark.parametrize("job_id", [None, "", "../x", 1.5, True, "a" * 65])
async def test_an_order_without_a_usable_job_id_is_unreadable(job_id: object) -> None:
    operations, _ = await orders_after()
    with pytest.raises(UnreadableError, match="No usable job_id"):
        await operations.cancel(order(job_id=job_id))


@pytest.mark.parametrize("value", [None, "", 5, ["ada"], {"a": 1}, True])
async def test_a_name_that_is_no_text_is_no_name(value: object) -> None:
    operations, store = await orders_after(scenario.approve())
    await operations.cancel(order(by=value, reason=value))
    assert store.events[-1].event == JobCancelled(by="nats", reason=None)


async def test_a_long_name_and_a_long_reason_are_cut() -> None:
    operations, store = await orders_after(scenario.approve())
    await operations.cancel(order(by="a" * 1000, reason="b" * 3000))
    assert store.events[-1].event == JobCancelled(by="a" * LONGEST_NAME, reason="b" * LONGEST_REASON)
