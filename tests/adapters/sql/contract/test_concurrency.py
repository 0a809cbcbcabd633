"""Many writers on one log: positions without gaps, a chain that verifies, nothing lost, nobody punished for another."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from domain.errors import ReelwrightError, Unavailable, VersionConflict
from service.jobs.event_store import EventStore
from tests.adapters.sql.drives import Drive, approved, new_id, progressed, requested


@pytest.fixture
async def second_store(kind, hands):
    """Another process on the same database, as far as the database can tell."""
    async with kind.connected() as database:
        opened = kind.events(database, now=lambda: hands.at)
        await opened.start()
        yield opened
        await opened.close()


async def live(store: EventStore, writes: int) -> Drive:
    drive = Drive()
    await store.append(drive.step(approved()))
    await store.append(drive.step(requested()))
    for number in range(writes):
        await store.append(drive.step(progressed(number)))
    return drive


async def test_sixteen_writers_in_two_processes_leave_one_gapless_log(kind, database, store, second_store):
    drives = await asyncio.gather(*(live(one, 20) for one in (store, second_store) for _ in range(16)))
    stored = [one for page in range(8) for one in await store.read(after=page * 100, limit=100)]
    assert [one.position for one in stored] == list(range(1, 32 * 22 + 1))
    for drive in drives:
        assert [one.version for one in stored if one.job_id == drive.job_id] == list(range(1, 23))
    assert await kind.findings(database) == []


async def test_two_processes_that_write_one_job_get_one_winner_for_each_version(store, second_store):
    drive = Drive()
    await store.append(drive.step(approved(), requested()))
    for number in range(20):
        entries = [drive.peek(progressed(number)), drive.peek(progressed(number + 1))]
        first, second = store.append(entries[0]), second_store.append(entries[1])
        answers = await asyncio.gather(first, second, return_exceptions=True)
        won = [entry for entry, answer in zip(entries, answers, strict=True) if isinstance(answer, tuple)]
        assert len(won) == 1
        assert sum(isinstance(answer, VersionConflict) for answer in answers) == 1
        drive.job = won[0].job


async def test_what_another_process_wrote_is_no_conflict_for_who_has_read_it(store, second_store):
    drive = Drive()
    await store.append(drive.step(approved(), requested()))
    await second_store.append(drive.step(progressed(5)))
    await store.append(drive.step(progressed(10)))
    await second_store.append(drive.step(progressed(15)))
    assert [one.version for one in await store.history(drive.job_id)] == [1, 2, 3, 4, 5]


async def test_a_cancelled_caller_breaks_nobody_elses_append(kind, database, store):
    drives = [Drive() for _ in range(50)]
    tasks = [asyncio.create_task(store.append(drive.step(approved()))) for drive in drives]
    await asyncio.sleep(0)
    for task in tasks[::5]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(answer, tuple) for answer in answers) >= 40
    for drive in drives[1::5]:
        assert len(await store.history(drive.job_id)) == 1
    assert await kind.findings(database) == []


async def test_one_bad_entry_in_a_batch_fails_alone(kind, database, store):
    drives = [Drive() for _ in range(20)]
    twin = requested(model="owner/model", request_hash="same", token="the-first")
    first = Drive()
    await store.append(first.step(approved(), twin))
    bad = Drive()
    entry = bad.step(approved(), requested(model="owner/model", request_hash="same"))
    batch = [*(store.append(drive.step(approved())) for drive in drives), store.append(entry)]
    answers = await asyncio.gather(*batch, return_exceptions=True)
    assert all(isinstance(answer, tuple) for answer in answers[:-1])
    assert isinstance(answers[-1], Unavailable)
    assert first.job_id in str(answers[-1])
    assert await kind.findings(database) == []


async def test_an_entry_that_nobody_foresaw_fails_alone(kind, database, store):
    drives = [Drive() for _ in range(5)]
    bad = Drive()
    entry = bad.step(approved())
    entry = replace(entry, job=replace(entry.job, message=None))
    batch = [store.append(entry), *(store.append(drive.step(approved())) for drive in drives)]
    answers = await asyncio.gather(*batch, return_exceptions=True)
    assert isinstance(answers[0], AttributeError)
    assert all(isinstance(answer, tuple) for answer in answers[1:])
    assert await kind.findings(database) == []


async def test_the_same_entry_twice_in_one_batch_is_written_once(store):
    drive = Drive()
    entry = drive.step(approved())
    first, second = await asyncio.gather(store.append(entry), store.append(entry))
    assert first == second


async def test_the_second_of_two_writes_in_one_batch_may_build_on_the_first(store):
    drive = Drive()
    entries = [drive.step(approved()), drive.step(requested()), drive.step(progressed())]
    answers = await asyncio.gather(*map(store.append, entries))
    assert [answer[0].version for answer in answers] == [1, 2, 3]


async def test_every_commit_is_told_with_its_last_position(store):
    told: list[int] = []
    store.on_commit(told.append)
    await asyncio.gather(*(live(store, 3) for _ in range(4)))
    assert told == sorted(set(told))
    assert told[-1] == 4 * 5


async def test_closing_writes_what_was_waiting(kind, database, hands):
    store = kind.events(database, now=lambda: hands.at)
    await store.start()
    drives = [Drive() for _ in range(30)]
    tasks = [asyncio.create_task(store.append(drive.step(approved()))) for drive in drives]
    await asyncio.sleep(0)
    await store.close()
    assert all(isinstance(answer, tuple) for answer in await asyncio.gather(*tasks))
    with contextlib.suppress(ReelwrightError):
        await store.append(Drive().step(approved(), ids=(new_id(),)))
    assert len(await store.read(after=0, limit=100)) == 30
