"""Parts of the list: what jobs wait for, and what a search finds, whether an event or a worker says it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import events as e
from tests.adapters.sql.drives import START, Drive, approved, attempt_failed, finished, progressed, requested


def unresolved(token: str) -> tuple[e.Event, ...]:
    return (
        approved(),
        requested(token=token),
        e.RenderUnresolved(attempt=1, token=token, reason="the list does not answer"),
    )


@pytest.fixture
async def drives(kind, store, leases, database):
    """Return jobs that wait for different things, by name. Two are leased, and one of these says why it waits."""
    drives = {name: Drive() for name in ("needed", "done", "held", "rendering", "again", "queued")}
    await store.append(drives["needed"].step(*unresolved("token-1")))
    await store.append(drives["done"].step(approved(), requested(), *finished()))
    await store.append(drives["held"].step(approved()))
    await store.append(
        drives["rendering"].step(
            approved(), requested(), e.RenderAccepted(attempt=1, render_id="Render-9"), progressed(40)
        )
    )
    retry_at = START + timedelta(seconds=30)
    await store.append(drives["again"].step(approved(), requested(), attempt_failed(retry_at=retry_at, seconds=30)))
    claimed = {lease.job_id: lease for lease in await leases.claim(2)}
    assert claimed.keys() == {drives["held"].job_id, drives["rendering"].job_id}
    waiting_for = kind.waiting_for(database)
    await waiting_for.set(claimed[drives["held"].job_id], "renderer: it is not configured any more")
    drives["held"].lease = claimed[drives["held"].job_id]
    await waiting_for.set(claimed[drives["rendering"].job_id], "storage: the disk is full")
    await store.append(drives["queued"].step(approved()))
    return drives


async def found(kind, database, drives, **query):
    listed = await kind.jobs(database).newest(**{"status": None, "limit": 9, "before": None, **query})
    names = {drive.job_id: name for name, drive in drives.items()}
    return [names[job.summary.job_id] for job in listed]


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("needs_operator", ["needed"]),
        ("needs_", ["needed"]),
        ("retry at", ["again"]),
        ("renderer:", ["held"]),
        ("storage:", ["rendering"]),
        ("waits for a free worker", ["queued"]),
        ("", ["queued", "again", "rendering", "held", "needed"]),
        ("operator", []),
        ("Renderer:", []),
        ("%", []),
        ("needs\0_operator", ["needed"]),
    ],
)
async def test_jobs_are_found_by_the_beginning_of_what_they_wait_for(kind, database, drives, word, names):
    assert await found(kind, database, drives, waiting_for=word) == names


async def test_a_filter_by_what_jobs_wait_for_goes_with_the_others(kind, database, drives):
    assert await found(kind, database, drives, waiting_for="", status="approved") == ["queued", "held"]
    assert await found(kind, database, drives, waiting_for="", limit=2) == ["queued", "again"]
    assert await found(kind, database, drives, waiting_for="", text="the disk") == ["rendering"]
    assert await found(kind, database, drives, waiting_for="needs_operator", text="nothing like this") == []


async def test_a_reason_counts_only_while_its_worker_has_the_job(kind, database, drives, leases):
    await leases.release([drives["held"].lease])
    assert await found(kind, database, drives, waiting_for="renderer:") == []
    assert await found(kind, database, drives, waiting_for="waits for") == ["queued", "held"]


async def test_jobs_that_need_a_person_are_counted(kind, database, drives, store):
    jobs = kind.jobs(database)
    assert await jobs.needing_operator() == 1
    await store.append(
        drives["needed"].step(e.RenderResolved(token="token-1", outcome="given_up", by="ada"), e.JobCancelled(by="ada"))
    )
    assert await jobs.needing_operator() == 0


async def test_a_search_finds_render_ids_and_reasons_to_wait(kind, database, drives):
    assert await found(kind, database, drives, text="render-9") == ["rendering"]
    assert await found(kind, database, drives, text="needs_op") == ["needed"]
    assert await found(kind, database, drives, text="not configured") == ["held"]
    assert await found(kind, database, drives, text="RETRY AT") == ["again"]
