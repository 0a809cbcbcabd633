"""Bad days of a database: cut connections, restarts, locks, a full disk. Never half an event, never one twice."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable

import asyncpg
import pytest

from adapters.sql import sqlite
from adapters.sql.database import Database
from adapters.sql.history.verify import verify
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.schema import migrate
from domain.errors import Refused, Unavailable
from tests.adapters.sql.drives import Drive, approved, progressed, requested
from tests.fixtures.postgres import Databases, PostgresServer

FEWEST_WRITES = 15
KILLED = 10


async def live(store: SqlEventStore, writes: int) -> Drive:
    drive = Drive()
    await store.append(drive.step(approved(), requested()))
    for number in range(writes):
        await store.append(drive.step(progressed(number)))
    return drive


async def live_on(store: SqlEventStore, drive: Drive, enough: Callable[[], bool]) -> None:
    """Write until the fault has happened: a machine that is fast must not be through before it."""
    number = 0
    while number < FEWEST_WRITES or not enough():
        await store.append(drive.step(progressed(number % 90)))
        number += 1


async def whole(store: SqlEventStore, database: Database, drives: list[Drive]) -> None:
    """Everything that was answered is stored, once and in order, and the log verifies."""
    for drive in drives:
        history = await store.history(drive.job_id)
        assert [one.version for one in history] == list(range(1, drive.job.version + 1))
    assert [finding async for finding in verify(database)] == []


@pytest.fixture
async def on_postgres(postgres: Databases, hands):
    url = await postgres.fresh()
    database = Database(url)
    store = SqlEventStore(database, now=lambda: hands.at)
    await store.start()
    yield store, database, url
    await store.close()
    await database.close()
    await postgres.drop(url)


async def test_backends_that_are_killed_again_and_again_lose_and_repeat_nothing(on_postgres):
    store, database, url = on_postgres
    killer = await asyncpg.connect(url)
    commits, killed = 0, 0
    moved = asyncio.Event()

    def count(_position: int) -> None:
        nonlocal commits
        commits += 1
        moved.set()

    async def kill() -> None:
        """A little later after every second commit, so that every part of the next one is hit."""
        nonlocal killed
        while True:
            moved.clear()
            await moved.wait()
            if commits % 2 == 0:
                await asyncio.sleep(killed % 10 * 0.0005)
                killed += await killer.fetchval(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    store.on_commit(count)
    killing = asyncio.create_task(kill())
    drives = [await live(store, 1) for _ in range(8)]
    await asyncio.gather(*(live_on(store, drive, lambda: killed >= KILLED or killing.done()) for drive in drives))
    killing.cancel()
    await asyncio.wait([killing])
    await killer.close()
    assert killed >= KILLED
    await whole(store, database, drives)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
async def test_a_restart_of_postgres_is_waited_out(hands, how):
    with PostgresServer() as server:
        database = Database(server.dsn())
        await migrate(database)
        store = SqlEventStore(database, now=lambda: hands.at)
        await store.start()
        drives = [await live(store, 1) for _ in range(4)]
        restart = asyncio.create_task(asyncio.to_thread(server.restart, how))
        await asyncio.gather(restart, *(live_on(store, drive, restart.done) for drive in drives))
        await whole(store, database, drives)
        await store.close()
        await database.close()


async def test_a_postgres_that_stays_away_is_unavailable_and_may_come_back(hands, monkeypatch):
    with PostgresServer() as server:
        database = Database(server.dsn())
        await migrate(database)
        store = SqlEventStore(database, now=lambda: hands.at)
        await store.start()
        drive = await live(store, 1)
        await asyncio.to_thread(server.stop)
        entry = drive.peek(progressed(50))
        with monkeypatch.context() as impatient:
            impatient.setattr("adapters.sql.log.writer.GIVE_UP_SECONDS", 0.3)
            with pytest.raises(Unavailable, match=r"cannot be reached|PostgreSQL"):
                await store.append(entry)
        with pytest.raises(Unavailable):
            await store.history(drive.job_id)
        await asyncio.to_thread(server.start)
        await store.append(entry)
        drive.job = entry.job
        await whole(store, database, [drive])
        await store.close()
        await database.close()


@pytest.fixture
async def on_sqlite(sqlite_template, tmp_path, hands):
    path = tmp_path / "reelwright.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    store = SqlEventStore(database, now=lambda: hands.at)
    await store.start()
    yield store, database, path
    await store.close()
    await database.close()


async def test_a_lock_of_another_process_is_waited_out(on_sqlite):
    store, database, path = on_sqlite
    drive = await live(store, 1)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(store.append(drive.step(progressed(5))))
    assert len(await store.history(drive.job_id)) == 3
    assert not waiting.done()
    release = threading.Timer(0.3, other.rollback)
    release.start()
    await waiting
    release.join()
    other.close()
    await whole(store, database, [drive])


async def test_a_lock_that_is_held_too_long_is_unavailable_and_nothing_was_written(
    sqlite_template, tmp_path, hands, monkeypatch
):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    path = tmp_path / "reelwright.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    store = SqlEventStore(database, now=lambda: hands.at)
    await store.start()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    drive = Drive()
    entry = drive.step(approved())
    with pytest.raises(Unavailable, match="locked by another process"):
        await store.append(entry)
    other.rollback()
    other.close()
    await store.append(entry)
    await whole(store, database, [drive])
    await store.close()
    await database.close()


async def test_a_full_disk_is_unavailable_and_writing_goes_on_when_there_is_space(on_sqlite):
    store, database, _ = on_sqlite
    drive = await live(store, 1)
    pages = await database.write(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar())
    await database.write(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 4}").scalar())
    with pytest.raises(Unavailable, match="disk that holds the database is full"):
        await write_until_refused(store, drive)
    entry = drive.peek(progressed(1))
    with pytest.raises(Unavailable, match="full"):
        await asyncio.gather(*(store.append(Drive().step(approved())) for _ in range(100)))
    await whole(store, database, [drive])
    await database.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count=1000000").scalar())
    await store.append(entry)
    drive.job = entry.job
    await whole(store, database, [drive])


async def write_until_refused(store: SqlEventStore, drive: Drive) -> None:
    for number in range(1000):
        entry = drive.peek(progressed(number % 90))
        await store.append(entry)
        drive.job = entry.job


async def test_a_file_that_is_no_database_is_said_clearly(tmp_path):
    path = tmp_path / "reelwright.db"
    path.write_bytes(b"these are not the pages you are looking for" * 100)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(Refused, match="not a SQLite database"):
        await migrate(database)
    await database.close()


async def test_a_server_that_is_not_there_is_unavailable_with_its_reason():
    database = Database("postgresql://127.0.0.1:1/nothing?sslmode=disable&connect_timeout=3")
    with pytest.raises(Unavailable, match="cannot be reached"):
        await migrate(database)
    await database.close()
