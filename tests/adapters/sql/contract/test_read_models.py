"""What is read beside the log: lists of jobs, requests to renderers, checkpoints, keys of clients."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from adapters import clock
from adapters.sql.work.checkpoints import StoredCheckpoint
from adapters.sql.work.idempotency import Remembered
from domain import events as e
from domain.errors import NotFound, Refused, Unavailable
from domain.summary import summarize
from domain.times import time_text
from tests.adapters.sql.drives import START, Drive, approved, attempt_failed, finished, progressed, requested


async def test_jobs_are_listed_newest_first_page_by_page_and_by_status(kind, database, store):
    drives = [Drive() for _ in range(5)]
    for drive in drives:
        await store.append(drive.step(approved()))
    await store.append(drives[1].step(requested(), *finished()))
    jobs = kind.jobs(database)
    first = await jobs.newest(status=None, limit=2, before=None)
    assert [job.summary.job_id for job in first] == [drives[4].job_id, drives[3].job_id]
    rest = await jobs.newest(status=None, limit=9, before=first[-1].created_position)
    assert [job.summary.job_id for job in rest] == [drives[number].job_id for number in (2, 1, 0)]
    (done,) = await jobs.newest(status="completed", limit=9, before=None)
    assert done.summary.job_id == drives[1].job_id
    assert await jobs.counts() == {"approved": 4, "completed": 1}
    assert await jobs.last_position() == 10


async def test_a_search_finds_names_and_news_whatever_their_case_and_takes_signs_as_they_are(kind, database, store):
    drives = [Drive() for _ in range(3)]
    reasons = ("The Model ran out", "100 % broken", "half_broken")
    for drive, reason in zip(drives, reasons, strict=True):
        await store.append(drive.step(approved(), e.JobFailed(stage="approved", reason=reason)))
    jobs = kind.jobs(database)

    async def found(text, **more):
        listed = await jobs.newest(**{"status": None, "limit": 9, "before": None, "text": text, **more})
        return [drives.index(drive) for job in listed for drive in drives if drive.job_id == job.summary.job_id]

    assert await found("model RAN") == [0]
    assert await found("broken") == [2, 1]
    assert await found("broken", limit=1) == [2]
    assert await found("broken", status="approved") == []
    assert await found("0 %") == [1]
    assert await found("f_b") == [2]
    assert await found("_ %") == []
    assert await found("bro\0ken") == [2, 1]
    assert await found(drives[1].job_id) == [1]


async def test_costs_are_summed_exactly_from_a_moment_on(kind, database, store, hands):
    await store.append(Drive().step(approved()))
    hands.pass_by(60)
    began = hands.at
    for _ in range(3):
        await store.append(Drive().step(approved(), requested(), *finished()))
    rows = await kind.jobs(database).spent(since=began)
    assert [(Decimal(row.estimated_cost or 0), row.jobs) for row in rows] == [(Decimal("2.50"), 3)]
    assert all(Decimal(row.actual_cost) > 0 and row.list_price is None for row in rows)
    assert await kind.jobs(database).spent(since=began + timedelta(seconds=1)) == []


async def test_a_row_says_what_the_job_is(kind, database, store, hands):
    drive = Drive()
    await store.append(drive.step(approved(), requested(), progressed(40)))
    hands.pass_by(5)
    failed = attempt_failed(retry_at=hands.at + timedelta(seconds=30), seconds=30)
    await store.append(drive.step(failed))
    row = await kind.jobs(database).one(drive.job_id)
    assert row is not None
    assert (row["status"], row["version"], row["percent"], row["attempts"]) == ("rendering", 4, 40, 1)
    assert (row["created_at"], row["updated_at"]) == (time_text(START), time_text(hands.at))
    assert (row["step"], row["due_at"], row["wait_seconds"]) == ("request", time_text(failed.retry_at), 30)
    assert row["message"] == "Retrying in 30s (attempt 2/3)..."
    assert "the provider failed" in row["waiting_for"]
    assert Decimal(row["estimated_cost"]) == Decimal("2.50")
    assert await kind.jobs(database).one("nobody") is None


async def test_the_list_reads_back_exactly_the_summary_of_the_job(kind, database, store, hands):
    first, second = Drive(), Drive()
    await store.append(first.step(approved(estimated_cost=None)))
    hands.pass_by(5)
    await store.append(second.step(approved(), requested(), *finished()))
    await store.append(first.step(requested(), progressed(40)))
    done, begun = await kind.jobs(database).newest(status=None, limit=9, before=None)
    at = START + timedelta(seconds=5)
    assert begun.summary == summarize(first.job, created_at=START, updated_at=at, position=9)
    assert done.summary == summarize(second.job, created_at=at, updated_at=at, position=7)
    assert (begun.created_position, done.created_position) == (1, 2)
    assert (begun.is_idle, done.is_idle) == (False, True)


async def test_a_reason_with_a_nul_is_stored_and_shown_without_it(kind, database, store):
    drive = Drive()
    await store.append(drive.step(approved(), e.JobFailed(stage="approved", reason="broken\x00image")))
    row = await kind.jobs(database).one(drive.job_id)
    assert row is not None
    assert row["error_message"] == "brokenimage"
    assert (await store.history(drive.job_id))[1].event.reason == "broken\x00image"


async def test_a_render_belongs_to_one_job_and_is_known_by_its_id(kind, database, store):
    drives = [Drive(), Drive()]
    for drive in drives:
        await store.append(drive.step(approved(), requested()))
    await store.append(drives[0].step(e.RenderAccepted(attempt=1, render_id="theirs")))
    with pytest.raises(Refused, match=f"already belongs to job {drives[0].job_id}"):
        await store.append(drives[1].peek(e.RenderAccepted(attempt=1, render_id="theirs")))
    await store.append(drives[1].step(e.RenderAccepted(attempt=1, render_id="mine")))
    assert await kind.renders(database).owned(None, ["theirs", "unknown", "mine"]) == {"theirs", "mine"}


async def test_a_render_id_is_unique_in_its_account(kind, database, store):
    """Two accounts may give out the same id; requests of earlier versions name no account and own theirs in each."""
    drives = [Drive(), Drive()]
    for drive, account in zip(drives, ("one", "two"), strict=True):
        request = replace(requested(), account=account)
        await store.append(drive.step(approved(), request, e.RenderAccepted(attempt=1, render_id="same")))
    assert await kind.renders(database).owned("one", ["same"]) == {"same"}
    assert await kind.renders(database).owned("three", ["same"]) == frozenset()
    assert await kind.renders(database).owned_elsewhere("three", ["same", "unknown"]) == {"same"}


async def test_a_render_of_one_account_alone_is_owned_nowhere_else(kind, database, store):
    drive = Drive()
    request = replace(requested(), account="one")
    await store.append(drive.step(approved(), request, e.RenderAccepted(attempt=1, render_id="theirs")))
    assert await kind.renders(database).owned_elsewhere("one", ["theirs"]) == frozenset()
    assert await kind.renders(database).owned_elsewhere("two", ["theirs"]) == {"theirs"}
    assert await kind.renders(database).owned_elsewhere("two", []) == frozenset()


async def test_two_jobs_with_the_same_input_are_requested_one_after_the_other(database, store):
    first, second = Drive(), Drive()
    same = {"model": "owner/model", "request_hash": "same"}
    await store.append(first.step(approved(), requested(**same)))
    await store.append(second.step(approved()))
    entry = second.peek(requested(**same))
    with pytest.raises(Unavailable, match=f"another create: the same input of job {first.job_id} is"):
        await store.append(entry)
    await store.append(first.step(e.RenderAccepted(attempt=1, render_id="r-1")))
    await store.append(entry)


async def test_a_job_that_ends_does_not_close_its_open_request(store):
    first, second = Drive(), Drive()
    same = {"model": "owner/model", "request_hash": "same"}
    await store.append(first.step(approved(), requested(**same), e.JobCancelled(by="a person")))
    await store.append(second.step(approved()))
    with pytest.raises(Unavailable):
        await store.append(second.peek(requested(**same)))


async def test_a_request_that_is_sent_again_is_as_old_as_its_last_sending(kind, database, store, hands):
    drive, renders = Drive(), kind.renders(database)
    request = requested(token="token-1")
    await store.append(drive.step(approved(), request))
    assert await renders.requested_at("token-1") == START
    unchanged_seconds = await renders.unchanged_seconds("token-1")
    assert unchanged_seconds == pytest.approx((clock.now() - START).total_seconds(), abs=20)
    hands.pass_by(60)
    deferred = e.RenderDeferred(attempt=1, reason="429", retry_at=hands.at + timedelta(seconds=5))
    await store.append(drive.step(deferred))
    assert await renders.requested_at("token-1") == START
    assert await renders.unchanged_seconds("token-1") == pytest.approx(unchanged_seconds - 60, abs=20)
    hands.pass_by(60)
    await store.append(drive.step(request))
    assert await renders.requested_at("token-1") == START + timedelta(seconds=120)
    with pytest.raises(NotFound):
        await renders.requested_at("unknown")
    with pytest.raises(NotFound):
        await renders.unchanged_seconds("unknown")


async def test_a_checkpoint_is_zero_at_first_and_then_what_was_saved(kind, database):
    checkpoints = kind.checkpoints(database)
    assert await checkpoints.load("relay") == StoredCheckpoint()
    for position, sequence in ((5, 7), (9, 1)):
        await checkpoints.save("relay", position=position, sequence=sequence)
        assert await checkpoints.load("relay") == StoredCheckpoint(position=position, sequence=sequence)
    assert await checkpoints.load("another") == StoredCheckpoint()


async def test_a_key_stands_for_its_first_request_until_it_is_forgotten(kind, database):
    keys = kind.idempotency(database)
    first, second = Remembered(body_hash="a", job_id="1"), Remembered(body_hash="b", job_id="2")
    assert await keys.remember("key", first, at=START) == first
    assert await keys.remember("key", second, at=START) == first
    assert await keys.forget(before=START) == 0
    assert await keys.forget(before=START + timedelta(seconds=1)) == 1
    assert await keys.remember("key", second, at=START) == second
