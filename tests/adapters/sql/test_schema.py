"""The schema: made from nothing, held to the code's tables, checked at the start, guarded against changes."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql.database import Database
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.schema import MIGRATIONS, REVISIONS, check, migrate
from adapters.sql.tables import JOB_COLUMNS, METADATA
from domain.errors import ReelwrightError, Refused
from domain.summary import JobSummary
from tests.adapters.sql.drives import Drive, approved, requested


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/below/new.db"
    return asyncio.run(request.getfixturevalue("postgres").empty())


async def test_an_empty_database_asks_for_migrate_and_many_processes_may_do_it_at_once(empty_url):
    databases = [Database(empty_url) for _ in range(3)]
    with pytest.raises(Refused, match="has no tables yet: run `reelwright migrate`"):
        await check(databases[0])
    made = await asyncio.gather(*(migrate(database) for database in databases))
    assert len(set(made)) == 1
    await check(databases[0])
    for database in databases:
        await database.close()


async def test_reading_without_tables_says_what_to_type(empty_url):
    database = Database(empty_url)
    store = SqlEventStore(database, now=lambda: None)
    with pytest.raises(Refused, match="run `reelwright migrate`"):
        await store.read(after=0, limit=1)
    await database.close()


async def test_the_migrations_make_exactly_the_tables_of_the_code(database_url):
    def differences(connection: sa.Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA)

    if database_url.startswith("sqlite"):
        engine = sa.create_engine(database_url)
        with engine.connect() as connection:
            assert differences(connection) == []
        engine.dispose()
        return
    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_the_files_of_the_migrations_are_named_after_their_revisions_in_order():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(known)) == REVISIONS


async def test_a_database_of_a_newer_program_is_refused(database):
    await execute(database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Refused, match="newer program: update reelwright"):
        await check(database)
    with pytest.raises(Refused, match="newer program"):
        await migrate(database)


async def test_a_missing_or_silent_trigger_is_found(database):
    if database.name.startswith("SQLite"):
        await execute(database, "DROP TRIGGER events_no_delete")
        missing = "events_no_delete"
    else:
        await execute(database, "ALTER TABLE events ENABLE TRIGGER events_no_change")
        missing = "events_no_change"
    with pytest.raises(Refused, match=missing):
        await check(database)


CHANGES = [
    "UPDATE events SET data = '{}' WHERE position = 1",
    "DELETE FROM events WHERE position = 1",
]
REPLACEMENTS = [
    "SELECT position, 'x', 9, 'new-id'",
    "SELECT 99, 'x', 9, event_id",
    "SELECT 99, job_id, version, 'new-id'",
]
REST = "type, schema_version, data, metadata, recorded_at, hash"


@pytest.mark.parametrize("statement", CHANGES)
async def test_no_event_is_changed_or_deleted(database, store, statement):
    await refused(database, store, statement)


@pytest.mark.parametrize("replacement", REPLACEMENTS)
async def test_no_event_is_replaced(database, store, replacement):
    verb = "INSERT OR REPLACE" if database.name.startswith("SQLite") else "INSERT"
    columns = f"position, job_id, version, event_id, {REST}"
    await refused(
        database, store, f"{verb} INTO events({columns}) {replacement}, {REST} FROM events WHERE position = 1"
    )


async def test_events_are_not_truncated_even_by_a_replica(database, store):
    if database.name.startswith("SQLite"):
        pytest.skip("SQLite has no TRUNCATE: its DELETE is refused above")
    await refused(database, store, "TRUNCATE events")
    await refused(database, store, "SET LOCAL session_replication_role = 'replica'", "DELETE FROM events")


async def refused(database: Database, store: SqlEventStore, *statements: str) -> None:
    drive = Drive()
    await store.append(drive.step(approved(), requested()))
    before = await store.read(after=0, limit=10)
    with pytest.raises(ReelwrightError, match=r"never|duplicate key"):
        await execute(database, *statements)
    assert await store.read(after=0, limit=10) == before


async def execute(database: Database, *statements: str) -> None:
    def run(connection: sa.Connection) -> None:
        for statement in statements:
            connection.exec_driver_sql(statement)

    await database.write(run)


def test_the_columns_of_a_job_begin_with_the_fields_of_its_summary():
    names = [*JobSummary._fields]
    assert [*JOB_COLUMNS] == [*names, "created_position", "step", "due_at", "wait_seconds"]
