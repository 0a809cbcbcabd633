"""Histories written out and loaded, for tests of both."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.history.export import Exported, export
from adapters.sql.history.history_lines import Line
from adapters.sql.history.load import Loaded, load
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.log.seal import chain
from adapters.sql.migrations.guards import TRIGGERS
from adapters.sql.schema import migrate
from adapters.sql.tables import CHECKPOINTS, EVENTS, JOBS, LEASES, LOG_HEAD, RENDERS, RESTORES
from domain import events as e
from tests.adapters.sql.drives import START, Drive, approved, attempt_failed, finished, progressed, requested

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


async def joined(parts: AsyncIterator[Exported]) -> bytes:
    return b"".join([part.lines async for part in parts])


async def exported(database: Database) -> bytes:
    return await joined(export(database, created_at=AT))


async def loaded(database: Database, data: bytes, *, restored_at: datetime | None = AT) -> Loaded:
    return await load(database, io.BytesIO(data), restored_at=restored_at, progress=lambda _far: None)


async def some_lives(store: SqlEventStore) -> list[Drive]:
    """Jobs that are completed, waiting, retrying and refused, written in turns."""
    done, waiting, retrying, refused = (Drive() for _ in range(4))
    await store.append(done.step(approved()))
    await store.append(waiting.step(approved(estimated_cost=None)))
    await store.append(done.step(requested(model="owner/film"), progressed(35)))
    await store.append(
        refused.step(e.StoryboardRefused(reason="é\u0000\u2028", received='{"a\\n":"ü"}', received_hash="h"))
    )
    await store.append(retrying.step(approved(), requested()))
    await store.append(done.step(*finished()))
    await store.append(retrying.step(attempt_failed(retry_at=START, seconds=30)))
    return [done, waiting, retrying, refused]


async def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is stored, so that two databases can be compared."""

    def read(connection: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in (EVENTS, LOG_HEAD, JOBS, LEASES, RENDERS, CHECKPOINTS, RESTORES)
        }

    return await database.read(read, snapshot=True)


def changed(data: bytes, number: int, /, **values: object) -> bytes:
    """Change fields of one line."""
    lines = data.splitlines(keepends=True)
    lines[number] = json.dumps({**json.loads(lines[number]), **values}).encode() + b"\n"
    return b"".join(lines)


async def damage(database: Database, statement: sa.Executable) -> None:
    """Change history as somebody with all rights could, in a database that is used no more."""

    def run(connection: sa.Connection) -> None:
        on_table = " ON events" if connection.dialect.name == "postgresql" else ""
        for trigger in TRIGGERS[connection.dialect.name]:
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}{on_table}")
        connection.execute(statement)

    await database.write(run)


@asynccontextmanager
async def other_database(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """An empty database of the other dialect."""
    if database.name.startswith("SQLite"):
        url = await request.getfixturevalue("postgres").fresh()
        opened = Database(url)
    else:
        url = None
        opened = Database(data_dir=request.getfixturevalue("tmp_path") / "other")
        await migrate(opened)
    yield opened
    await opened.close()
    if url is not None:
        await request.getfixturevalue("postgres").drop(url)


_KEPT: list[bytes] = []


async def history(request: pytest.FixtureRequest) -> bytes:
    """An exported history of twelve events, made once."""
    if not _KEPT:
        database = Database(data_dir=request.getfixturevalue("tmp_path_factory").mktemp("history"))
        await migrate(database)
        store = SqlEventStore(database, now=lambda: START)
        await store.start()
        await some_lives(store)
        _KEPT.append(await exported(database))
        await store.close()
        await database.close()
    return _KEPT[0]


def rechained(data: bytes, number: int, /, **values: object) -> bytes:
    """Change fields of one line and make the chain whole again, as a forger would."""
    lines = changed(data, number, **values).splitlines()
    digest = bytes(32)
    for at in range(1, len(lines) - 1):
        line = Line(**json.loads(lines[at]))
        digest = chain(digest, line.fields)
        lines[at] = json.dumps({**json.loads(lines[at]), "hash": digest.hex()}).encode()
    lines[-1] = json.dumps({**json.loads(lines[-1]), "hash": digest.hex()}).encode()
    return b"\n".join(lines) + b"\n"
