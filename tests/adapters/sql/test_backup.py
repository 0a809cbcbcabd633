"""A copy of SQLite is whole, of one moment, and made beside writers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sql.database import Database
from adapters.sql.history import backup as copying
from adapters.sql.history.backup import backup
from adapters.sql.history.verify import verify
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.schema import check, migrate
from domain.errors import ReelwrightError, Refused
from tests.adapters.sql.drives import START, Drive, approved, requested
from tests.adapters.sql.exports import contents, some_lives


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(data_dir=tmp_path)
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def writing(sqlite: Database) -> AsyncIterator[SqlEventStore]:
    store = SqlEventStore(sqlite, now=lambda: START)
    await store.start()
    yield store
    await store.close()


async def test_a_copy_holds_everything_and_can_be_used(sqlite, writing, tmp_path):
    await some_lives(writing)
    assert await backup(sqlite, tmp_path / "copy.db") == 12
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    await check(copy)
    assert await contents(copy) == await contents(sqlite)
    await copy.close()


async def test_a_copy_made_beside_writers_is_of_one_moment(sqlite, writing, tmp_path):
    drives = [Drive() for _ in range(200)]
    await writing.append(drives[0].step(approved()))

    async def write() -> None:
        for drive in drives[1:]:
            await writing.append(drive.step(approved(), requested()))

    task = asyncio.create_task(write())
    position = await backup(sqlite, tmp_path / "copy.db")
    await task
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    assert [finding async for finding in verify(copy)] == []
    assert len((await contents(copy))["events"]) == position
    await copy.close()


async def test_a_copy_replaces_nothing(sqlite, tmp_path):
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(Refused, match="exists already"):
        await backup(sqlite, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"


async def test_a_copy_that_fails_leaves_nothing_behind(sqlite, tmp_path, monkeypatch):
    def damaged(_part: Path) -> int:
        raise Refused("the copy is damaged: page 3")

    monkeypatch.setattr(copying, "_check", damaged)
    folder = tmp_path / "copies"
    folder.mkdir()
    with pytest.raises(Refused, match="damaged"):
        await backup(sqlite, folder / "copy.db")
    assert [*folder.iterdir()] == []


async def test_a_folder_that_is_not_there_is_an_error_for_people(sqlite, tmp_path):
    with pytest.raises(ReelwrightError):
        await backup(sqlite, tmp_path / "missing" / "copy.db")


async def test_postgresql_has_tools_of_its_own(postgres, tmp_path):
    database = Database(postgres.server.dsn())
    with pytest.raises(Refused, match="pg_dump"):
        await backup(database, tmp_path / "copy.db")
    await database.close()
