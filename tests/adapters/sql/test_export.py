"""History is written out to the letter, with the chain's last hash, and never from a log that is damaged."""

from __future__ import annotations

import asyncio
import json

import pytest
import sqlalchemy as sa

from adapters.sql.history import export as exporting
from adapters.sql.history.export import export, export_jobs
from adapters.sql.history.history_lines import Line
from adapters.sql.log.seal import chain
from adapters.sql.tables import EVENTS
from domain.errors import NotFound, Refused
from tests.adapters.sql.drives import Drive, approved, progressed, requested
from tests.adapters.sql.exports import AT, contents, damage, exported, joined, some_lives


async def test_an_empty_log_is_a_header_and_a_footer(database):
    header, footer = map(json.loads, (await exported(database)).splitlines())
    assert header == {
        "format": "reelwright-history",
        "version": 1,
        "created_at": "2026-11-23T09:30:00.000000Z",
        "events": 0,
        "last_position": 0,
    }
    assert footer == {"end": True, "events": 0, "last_position": 0, "hash": "00" * 32}


async def test_every_column_is_written_as_it_is_stored(database, store):
    await some_lives(store)
    _, *lines, footer = map(json.loads, (await exported(database)).splitlines())
    rows = (await contents(database))["events"]
    assert [tuple(line.values()) for line in lines] == [(*row[:-1], row[-1].hex()) for row in rows]
    assert footer["hash"] == rows[-1][-1].hex()


async def test_what_is_appended_meanwhile_is_not_in_the_file(database, store, monkeypatch):
    monkeypatch.setattr(exporting, "PAGE_EVENTS", 5)
    drive = Drive()
    await store.append(drive.step(approved(), requested(), *map(progressed, range(5, 90, 5))))
    lines = []
    async for part in export(database, created_at=AT):
        lines += part.lines.splitlines()
        other = Drive()
        await store.append(other.step(approved()))
    header, footer = json.loads(lines[0]), json.loads(lines[-1])
    assert (len(lines), header["events"], footer["events"], footer["last_position"]) == (21, 19, 19, 19)


async def test_a_damaged_log_is_not_exported(database, store):
    drives = await some_lives(store)
    where = (EVENTS.c.job_id == drives[0].job_id) & (EVENTS.c.version == 3)
    await damage(database, sa.update(EVENTS).where(where).values(data='{"percent":36}'))
    with pytest.raises(Refused, match=f"job {drives[0].job_id}, version 3, .*its hash does not match"):
        await exported(database)


async def test_a_log_that_was_cut_off_is_not_exported(database, store):
    await some_lives(store)
    await damage(database, sa.delete(EVENTS).where(EVENTS.c.position > 4))
    with pytest.raises(Refused, match="the log ends at position 4"):
        await exported(database)


async def test_one_job_is_written_with_what_each_hash_follows(database, store):
    drives = await some_lives(store)
    wanted = [drives[0].job_id, drives[3].job_id]
    header, *lines, footer = (await joined(export_jobs(database, wanted, created_at=AT))).splitlines()
    assert json.loads(header)["jobs"] == sorted(wanted)
    parts = [Line(**json.loads(line)) for line in lines]
    assert {part.job_id for part in parts} == set(wanted)
    assert [part.position for part in parts] == sorted(part.position for part in parts)
    assert all(chain(bytes.fromhex(part.previous_hash), part.fields).hex() == part.hash for part in parts)
    last = (await contents(database))["events"][-1]
    assert json.loads(footer) == {"end": True, "events": len(parts), "last_position": last[0], "hash": last[-1].hex()}


async def test_jobs_of_many_pages_are_written_whole(database, store, monkeypatch):
    monkeypatch.setattr(exporting, "PAGE_EVENTS", 3)
    drives = [Drive() for _ in range(5)]
    await asyncio.gather(*(store.append(drive.step(approved(), requested())) for drive in drives))
    data = await joined(export_jobs(database, [drive.job_id for drive in drives[:4]], created_at=AT))
    assert len(data.splitlines()) == 10


async def test_an_unknown_job_is_not_exported(database, store):
    await some_lives(store)
    with pytest.raises(NotFound, match="ghost"):
        await joined(export_jobs(database, ["ghost"], created_at=AT))
