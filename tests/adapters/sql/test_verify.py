"""History that can be trusted: damage is found and named, and the read model is made again from the events."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.history.rebuild import rebuild
from adapters.sql.history.verify import Finding, verify
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.tables import EVENTS, JOBS, LEASES, RENDERS
from domain import events as e
from tests.adapters.sql.drives import Drive, approved, finished, progressed, requested


async def findings(database: Database) -> list[Finding]:
    return [finding async for finding in verify(database)]


async def unguarded(database: Database, statement: sa.Executable) -> None:
    """Change history as somebody with all rights could: the triggers away for a moment."""

    def run(connection: sa.Connection) -> None:
        if connection.dialect.name == "sqlite":
            query = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = connection.execute(query).all()
            for trigger in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {trigger.name}")
            connection.execute(statement)
            for trigger in triggers:
                connection.exec_driver_sql(trigger.sql)
        else:
            connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER ALL")
            connection.execute(statement)
            connection.exec_driver_sql("ALTER TABLE events ENABLE ALWAYS TRIGGER events_no_change")

    await database.write(run)


async def some_jobs(store: SqlEventStore, count: int = 3) -> list[Drive]:
    drives = [Drive() for _ in range(count)]
    for drive in drives:
        await store.append(drive.step(approved()))
    for drive in drives:
        await store.append(drive.step(requested(), progressed(35)))
        await store.append(drive.step(*finished()))
    return drives


async def test_an_empty_and_an_honest_log_have_no_findings(database, store):
    assert await findings(database) == []
    await some_jobs(store)
    assert await findings(database) == []


async def test_a_flipped_byte_is_found_and_names_job_and_version(database, store):
    drives = await some_jobs(store)
    of_one = (EVENTS.c.job_id == drives[1].job_id) & (EVENTS.c.version == 3)
    (row,) = [one for one in await store.history(drives[1].job_id) if one.version == 3]
    damaged = '{"percent":36,"scenes_completed":0,"current_scene":1,"estimated_completion_seconds":90}'
    await unguarded(database, sa.update(EVENTS).where(of_one).values(data=damaged))
    (finding,) = await findings(database)
    assert (finding.job_id, finding.version, finding.position) == (drives[1].job_id, 3, row.position)
    assert "hash does not match" in finding.what


@pytest.mark.parametrize("column", ["job_id", "event_id", "type", "metadata", "recorded_at", "hash"])
async def test_damage_in_any_column_is_found_once_in_the_chain(database, store, column):
    drives = await some_jobs(store)
    value = {"metadata": '{"a":"b"}', "recorded_at": "2026-11-22T18:00:00.000001Z", "hash": bytes(32)}.get(column, "X")
    where = (EVENTS.c.job_id == drives[0].job_id) & (EVENTS.c.version == 3)
    await unguarded(database, sa.update(EVENTS).where(where).values({column: value}))
    broken = [one for one in await findings(database) if "hash does not match" in one.what]
    assert [one.version for one in broken] == [3]


async def test_a_removed_event_is_found(database, store):
    drives = await some_jobs(store)
    where = (EVENTS.c.job_id == drives[1].job_id) & (EVENTS.c.version == 2)
    await unguarded(database, sa.delete(EVENTS).where(where))
    found = await findings(database)
    assert any("is missing" in one.what and one.position is not None for one in found)
    assert any(one.job_id == drives[1].job_id and "version 2 is missing" in one.what for one in found)


async def test_a_log_that_was_cut_off_is_found(database, store):
    await some_jobs(store)
    await unguarded(database, sa.delete(EVENTS).where(EVENTS.c.position > 10))
    assert any("the log ends at position 10" in one.what for one in await findings(database))


async def test_a_read_model_that_says_something_else_is_found_and_rebuilt(database, store, leases):
    drives = await some_jobs(store, 4)
    waiting = Drive()
    await store.append(waiting.step(approved()))
    before = await rows(database)

    def damage(connection: sa.Connection) -> None:
        connection.execute(sa.update(JOBS).where(JOBS.c.job_id == drives[0].job_id).values(status="failed"))
        connection.execute(sa.delete(JOBS).where(JOBS.c.job_id == drives[1].job_id))
        moved = sa.update(JOBS).where(JOBS.c.job_id == drives[2].job_id).values(job_id="ghost")
        connection.execute(moved)
        connection.execute(sa.delete(LEASES).where(LEASES.c.job_id == waiting.job_id))

    await database.write(damage)
    found = {(one.job_id, one.what) for one in await findings(database)}
    assert (drives[0].job_id, "the read model says status is 'failed', the events say 'completed'") in found
    assert (drives[1].job_id, "the read model lacks the job") in found
    assert ("ghost", "the read model has a job without events") in found
    rebuilt = await rebuild(database)
    assert (rebuilt.jobs, rebuilt.left_alone) == (5, [])
    assert await findings(database) == []
    assert await rows(database) == before
    assert [lease.job_id for lease in await leases.claim(5)] == [waiting.job_id]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (sa.update(RENDERS).values(state="requested"), "is 'requested', the events say 'succeeded'"),
        (sa.update(RENDERS).values(render_id="another"), "render_id of"),
        (sa.delete(RENDERS), "the renders lack the request"),
        (sa.update(RENDERS).values(token=RENDERS.c.token + "-x"), "the renders have a request without events"),
    ],
    ids=["state", "id", "removed", "added"],
)
async def test_renders_that_say_something_else_than_the_events_are_found(database, store, statement, what):
    """They guard what is paid: a row that was changed by hand could let a render be adopted or created twice."""
    (drive,) = await some_jobs(store, 1)
    await database.write(lambda connection: connection.execute(statement))
    found = await findings(database)
    assert {finding.job_id for finding in found} == {drive.job_id}
    assert any(what in finding.what for finding in found)


async def test_a_rebuild_beside_writers_leaves_nothing_old_behind(database, store):
    drives = [Drive() for _ in range(150)]
    await asyncio.gather(*(store.append(drive.step(approved(), requested())) for drive in drives))

    async def write(drive: Drive) -> None:
        for percent in (5, 10, 15):
            await store.append(drive.step(progressed(percent)))

    await asyncio.gather(rebuild(database), *(write(drive) for drive in drives), rebuild(database))
    assert await findings(database) == []


async def test_a_history_without_meaning_is_left_alone_and_named(database, store):
    drives = await some_jobs(store)
    where = (EVENTS.c.job_id == drives[0].job_id) & (EVENTS.c.version == 2)
    await unguarded(database, sa.update(EVENTS).where(where).values(type="VideoCompleted"))
    rebuilt = await rebuild(database)
    assert rebuilt.jobs == 2
    assert [job_id for job_id, _ in rebuilt.left_alone] == [drives[0].job_id]


async def test_an_event_whose_time_cannot_be_read_is_named_and_its_job_left_alone(database, store):
    drives = await some_jobs(store)
    where = (EVENTS.c.job_id == drives[0].job_id) & (EVENTS.c.version == 1)
    await unguarded(database, sa.update(EVENTS).where(where).values(recorded_at="yesterday"))
    told = [finding.what for finding in await findings(database) if finding.job_id == drives[0].job_id]
    assert "not a time: 'yesterday'" in told
    rebuilt = await rebuild(database)
    assert rebuilt.left_alone == [(drives[0].job_id, "version 1: not a time: 'yesterday'")]


async def rows(database: Database) -> list[tuple[object, ...]]:
    query = sa.select(JOBS).order_by(JOBS.c.job_id)
    return [tuple(row) for row in await database.read(lambda connection: connection.execute(query).all())]


def of_job(drive: Drive) -> sa.ColumnElement[bool]:
    return JOBS.c.job_id == drive.job_id


async def test_a_cost_that_an_earlier_version_rounded_to_cents_is_no_damage_and_a_rebuild_makes_it_exact(
    database, store
):
    """Costs were rounded before they were stored, and each such row would be reported after an upgrade."""
    (drive,) = await some_jobs(store, count=1)
    (cancelled,) = [Drive()]
    await store.append(cancelled.step(approved(), requested(), e.RenderAccepted(attempt=1, render_id="r-1")))
    await store.append(cancelled.step(e.JobCancelled(by="ada")))
    await database.write(lambda run: run.execute(sa.update(JOBS).where(of_job(cancelled)).values(actual_cost="0.00")))
    assert await findings(database) == []
    await database.write(lambda run: run.execute(sa.update(JOBS).where(of_job(drive)).values(actual_cost="0.29")))
    (finding,) = await findings(database)
    assert (finding.job_id, "actual_cost" in finding.what) == (drive.job_id, True)

    await rebuild(database)
    query = sa.select(JOBS.c.actual_cost).where(of_job(cancelled))
    assert await database.read(lambda connection: connection.execute(query).scalar()) == "0.003"
    assert await findings(database) == []
