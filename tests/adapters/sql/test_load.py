"""An exported history makes the same database again, on either dialect; a damaged file makes nothing."""

from __future__ import annotations

import asyncio

import pytest

from adapters.sql.history import load as loading
from adapters.sql.history.restores import SqlRestores
from adapters.sql.history.verify import verify
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.schema import check
from domain.errors import Refused, VersionConflict
from tests.adapters.sql.conftest import worker
from tests.adapters.sql.drives import Drive, approved, requested
from tests.adapters.sql.exports import (
    AT,
    changed,
    contents,
    exported,
    history,
    loaded,
    other_database,
    rechained,
    some_lives,
)
from tests.fixtures.clock import HandClock


async def test_a_move_to_the_other_dialect_and_back_changes_nothing(database, store, request, tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "BATCH_EVENTS", 4)
    monkeypatch.setattr(loading, "PAGE_JOBS", 3)
    await some_lives(store)
    before, first = await contents(database), await exported(database)
    async with other_database(database, request) as other:
        moved = await loaded(other, first, restored_at=None)
        assert (moved.events, moved.jobs) == (12, 4)
        assert await exported(other) == first
        after = await contents(other)
        for table in ("events", "log_head", "jobs", "renders"):
            assert after[table] == before[table], table
        assert [finding async for finding in verify(other)] == []
        await check(other)
        async with other_database(other, request) as back:
            await loaded(back, await exported(other), restored_at=None)
            assert await exported(back) == first
            assert (await contents(back))["jobs"] == before["jobs"]


async def test_imported_jobs_are_claimed_and_go_on(database, store, request, hands: HandClock):
    drives = await some_lives(store)
    async with other_database(database, request) as other:
        await loaded(other, await exported(database))
        leases = worker(other, "worker-2", hands)
        hands.pass_by(31)
        claimed = await leases.claim(10)
        assert {lease.job_id for lease in claimed} == {drives[1].job_id, drives[2].job_id}
        fresh = SqlEventStore(other, now=lambda: hands.at)
        await fresh.start()
        waiting = Drive(job=drives[1].job, lease=next(one for one in claimed if one.job_id == drives[1].job_id))
        (recorded,) = await fresh.append(waiting.step(requested()))
        assert recorded.position == 13
        await fresh.close()
        assert [finding async for finding in verify(other)] == []


async def test_what_was_announced_is_not_announced_again(database, store, request):
    await some_lives(store)
    async with other_database(database, request) as other:
        await loaded(other, await exported(database))
        assert (await contents(other))["checkpoints"] == [("video", 12, 0)]


@pytest.mark.parametrize("restored_at", [AT, None])
async def test_an_import_is_remembered_as_a_restore_unless_nothing_was_lost(database, request, restored_at):
    async with other_database(database, request) as other:
        await loaded(other, await exported(database), restored_at=restored_at)
        assert await SqlRestores(other).last() == restored_at


async def test_a_database_with_events_takes_no_import(database, store):
    await some_lives(store)
    before = await contents(database)
    with pytest.raises(VersionConflict, match="holds 12 events; an import fills an empty one"):
        await loaded(database, await exported(database))
    assert await contents(database) == before


DAMAGES = {
    "a changed event": (lambda data: changed(data, 5, data='{"percent":36}'), r"line 6: .* hash does not match"),
    "a changed time": (lambda data: changed(data, 2, recorded_at="2026-11-22T18:00:00.000001Z"), "line 3: .* hash"),
    "a missing event": (lambda data: without(data, 4), "line 5: position 4 is missing"),
    "two events in the wrong order": (lambda data: swapped(data, 4), "line 5: position 4 is missing"),
    "a cut file": (lambda data: data[: len(data) // 2], "cut off"),
    "a file cut between two lines": (lambda data: without(data, -1), "line 14 is missing: the file was cut off"),
    "a file that goes on": (lambda data: data + b"\n", "goes on behind its last line"),
    "another last hash": (lambda data: changed(data, -1, hash="00" * 32), "does not fit the events"),
    "another format": (lambda data: changed(data, 0, format="else"), "the file is else version 1"),
    "a newer format": (lambda data: changed(data, 0, version=2), "update reelwright"),
    "an unknown field": (lambda data: changed(data, 3, colour="red"), "line 4 is not what an export writes"),
    "no JSON": (lambda data: b"hello\n" + data, "line 1 is not what an export writes"),
    "nothing": (lambda _data: b"", "line 1 is missing"),
    "an export of some jobs": (lambda data: changed(data, 0, jobs=["a"]), "only some jobs"),
}


def without(data: bytes, number: int) -> bytes:
    lines = data.splitlines(keepends=True)
    del lines[number]
    return b"".join(lines)


def swapped(data: bytes, number: int) -> bytes:
    lines = data.splitlines(keepends=True)
    lines[number], lines[number + 1] = lines[number + 1], lines[number]
    return b"".join(lines)


@pytest.mark.parametrize("what", DAMAGES)
async def test_a_damaged_file_is_refused_and_nothing_stays(database, request, what, monkeypatch):
    monkeypatch.setattr(loading, "BATCH_EVENTS", 3)
    damaged, says = DAMAGES[what]
    data = await history(request)
    before = await contents(database)
    with pytest.raises(Refused, match=says):
        await loaded(database, damaged(data))
    assert await contents(database) == before
    assert (await loaded(database, data)).events == 12


async def test_a_history_of_a_newer_program_is_refused_and_nothing_stays(database, request):
    """Its chain is whole, so it is the fold that cannot go on."""
    data = rechained(await history(request), 3, schema_version=99)
    with pytest.raises(Refused, match="newer program"):
        await loaded(database, data)
    assert (await contents(database))["events"] == []


async def test_a_service_that_appends_meanwhile_makes_no_mixture(database, store, request):
    data = await history(request)
    drives = [Drive() for _ in range(5)]
    results = await asyncio.gather(
        loaded(database, data), *(store.append(drive.step(approved())) for drive in drives), return_exceptions=True
    )
    assert [finding async for finding in verify(database)] == []
    stored = len((await contents(database))["events"])
    assert stored in ({5} if isinstance(results[0], VersionConflict) else {17})
