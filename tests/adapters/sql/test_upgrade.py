"""A database of an older schema keeps its events and its guards."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from adapters.sql.history.verify import verify
from adapters.sql.schema import _run_migrations, check, migrate
from adapters.sql.tables import LOG_HEAD, METADATA
from domain.errors import Refused
from tests.adapters.sql.exports import contents, some_lives

LATER = {"account", "list_price"}
"""Columns that later schemas added."""


def as_of_the_first_schema(connection: sa.Connection) -> None:
    """Make all tables anew as the first version made them, with the same rows."""
    rows = {table.name: connection.execute(sa.select(table)).mappings().all() for table in METADATA.sorted_tables}
    METADATA.drop_all(connection)
    connection.exec_driver_sql("DROP TABLE alembic_version")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION events_are_for_ever")
    _run_migrations(connection, "0001")
    connection.execute(sa.delete(LOG_HEAD))
    for table in METADATA.sorted_tables:
        if rows[table.name] and table.name not in {"restores", "waits"}:
            kept = [{name: row[name] for name in row if name not in LATER} for row in rows[table.name]]
            connection.execute(sa.insert(table), kept)


async def test_a_database_of_the_first_schema_is_upgraded_with_its_events(database, store):
    await some_lives(store)
    before = await contents(database)

    await database.write(as_of_the_first_schema)
    with pytest.raises(Refused, match="has schema 0001, this program needs 000"):
        await check(database)
    await migrate(database)
    await check(database)
    assert await contents(database) == before
    assert [finding async for finding in verify(database)] == []
