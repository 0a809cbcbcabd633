"""Which approvals wait for a person after the database was put back from a copy."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters import clock
from adapters.sql.database import Database
from adapters.sql.history.restores import SqlRestores
from adapters.sql.log.event_store import SqlEventStore
from domain.cost import Prices
from domain.machine import Status
from service.intake import approvals
from service.intake.approval import read_approval
from service.intake.approvals import Intake, StreamMessage
from service.jobs.operations import ApprovalConflict, JobOperations
from service.jobs.repository import JobRepository
from tests.fixtures.clock import HandClock

RESTORED = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
OLD, NEW = RESTORED - timedelta(hours=1), RESTORED + timedelta(seconds=1)


@pytest.fixture
def hands() -> HandClock:
    return HandClock()


@pytest.fixture
async def intake(database: Database, hands: HandClock) -> AsyncIterator[Intake]:
    store = SqlEventStore(database, now=clock.now)
    await store.start()
    repository = JobRepository(store, new_id=clock.new_id, metadata={})
    operations = JobOperations(repository, prices=Prices, now=clock.now, download_seconds=60)
    yield Intake(operations, store, SqlRestores(database), monotonic=hands.monotonic)
    await store.close()


def payload(job_id: str = "a", image: str = "https://images.test/1.png") -> bytes:
    return json.dumps({"job_id": job_id, "storyboard": [{"image_url": image}]}).encode()


async def take(intake: Intake, body: bytes, at: datetime | None):
    approval = read_approval(body)
    if at is None:
        return await intake._operations.approve(approval.job_id, approval.command)
    return await intake.take(approval, sent=StreamMessage(at=at, payload=body))


async def test_without_a_restore_an_old_approval_is_taken(intake):
    assert (await take(intake, payload(), OLD)).status is Status.APPROVED


async def test_an_old_approval_of_an_unknown_job_is_held_however_often_it_comes(intake, database):
    await SqlRestores(database).mark(RESTORED, how="restored")
    job = await take(intake, payload(), OLD)
    assert (job.status, job.last_event, job.version) == (Status.FAILED, "StoryboardRefused", 1)
    assert "before the database was restored" in job.error
    assert (await take(intake, payload(), OLD)).version == 1


async def test_a_new_approval_of_a_held_job_is_taken_and_the_old_one_changes_nothing_then(intake, database):
    await SqlRestores(database).mark(RESTORED, how="restored")
    await take(intake, payload(), OLD)
    assert (await take(intake, payload(), NEW)).status is Status.APPROVED
    assert (await take(intake, payload(), OLD)).version == 2


async def test_an_approval_that_does_not_come_from_the_stream_is_new(intake, database):
    await SqlRestores(database).mark(RESTORED, how="restored")
    assert (await take(intake, payload(), None)).status is Status.APPROVED


async def test_a_job_of_the_copy_is_known_and_nothing_happens(intake, database, hands):
    job = await take(intake, payload(), OLD)
    await SqlRestores(database).mark(RESTORED, how="restored")
    hands.pass_by(approvals.RESTORE_CHECK_SECONDS)
    assert await take(intake, payload(), OLD) == job


async def test_a_job_refused_in_the_copy_may_have_been_approved_after_it(intake, database, hands):
    """Refused, copied, approved, rendered, lost: the approval that comes again must not render once more."""
    refused = json.dumps({"job_id": "a", "storyboard": []}).encode()
    assert (await take(intake, refused, OLD)).last_event == "StoryboardRefused"
    await SqlRestores(database).mark(RESTORED, how="restored")
    hands.pass_by(approvals.RESTORE_CHECK_SECONDS)
    held = await take(intake, payload(), OLD + timedelta(minutes=1))
    assert isinstance(held, ApprovalConflict)
    assert "before the database was restored" in held.reason
    assert (await take(intake, payload(), NEW)).status is Status.APPROVED


async def test_the_last_restore_counts(intake, database):
    await SqlRestores(database).mark(RESTORED, how="import")
    await SqlRestores(database).mark(RESTORED - timedelta(days=1), how="restored")
    assert (await take(intake, payload(), RESTORED - timedelta(minutes=1))).status is Status.FAILED


async def test_what_is_refused_anyway_is_refused_for_its_own_reason(intake, database):
    await SqlRestores(database).mark(RESTORED, how="restored")
    refused = json.dumps({"job_id": "a", "approved": False}).encode()
    assert (await take(intake, refused, OLD)).error == "Storyboard must be approved"
