"""A database of an older schema keeps its events and its guards."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from adapters.sql.history.verify import verify
from adapters.sql.schema import check, migrate
from domain.errors import Refused
from tests.adapters.sql.exports import contents, some_lives


async def test_a_database_of_the_first_schema_is_upgraded_with_its_events(database, store):
    await some_lives(store)
    before = await contents(database)

    def back(connection: sa.Connection) -> None:
        connection.exec_driver_sql("DROP TABLE waits")
        connection.exec_driver_sql("DROP TABLE restores")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    await database.write(back)
    with pytest.raises(Refused, match="has schema 0001, this program needs 000"):
        await check(database)
    await migrate(database)
    await check(database)
    assert await contents(database) == before
    assert [finding async for finding in verify(database)] == []
