"""Jobs that ended before a moment are found, those that are still worked on are not."""

from __future__ import annotations

from datetime import timedelta

from domain import events as e
from tests.adapters.sql.drives import Drive, approved, finished, requested


async def test_only_jobs_that_ended_before_the_moment_are_found(kind, database, store, hands):
    old, open_, young = Drive(), Drive(), Drive()
    await store.append(old.step(approved(), requested(), *finished()))
    await store.append(open_.step(approved(), requested()))
    hands.pass_by(3600)
    await store.append(young.step(approved(), requested(), *finished()))
    jobs = kind.ended_jobs(database)
    (found,) = await jobs.page(before=hands.at, after="", limit=10)
    assert (found.job_id, found.version, found.at) == (old.job_id, 6, hands.at - timedelta(hours=1))
    names = [drive.job_id for drive in (old, open_, young)]
    assert await jobs.among(names, before=hands.at) == [old.job_id]
    assert set(await jobs.among(names, before=hands.at + timedelta(seconds=1))) == {old.job_id, young.job_id}


async def test_a_job_whose_render_is_still_open_has_not_ended(kind, database, store, hands):
    drive = Drive()
    accepted = e.RenderAccepted(attempt=1, render_id="r-1")
    await store.append(drive.step(approved(), requested(), accepted, e.JobCancelled(by="x", reason=None)))
    hands.pass_by(3600)
    jobs = kind.ended_jobs(database)
    assert await jobs.page(before=hands.at, after="", limit=10) == []
    settled = e.RenderSettled(attempt=1, render_id="r-1", outcome="cancelled", cost=0, basis="not_billed")
    await store.append(drive.step(settled))
    hands.pass_by(1)
    assert [job.job_id for job in await jobs.page(before=hands.at, after="", limit=10)] == [drive.job_id]


async def test_pages_go_on_behind_the_last_one(kind, database, store, hands):
    drives = [Drive() for _ in range(5)]
    for drive in drives:
        await store.append(drive.step(approved(), requested(), *finished()))
    hands.pass_by(1)
    jobs, found, after = kind.ended_jobs(database), [], ""
    while page := await jobs.page(before=hands.at, after=after, limit=2):
        found += page
        after = page[-1].job_id
    assert [job.job_id for job in found] == sorted(drive.job_id for drive in drives)
