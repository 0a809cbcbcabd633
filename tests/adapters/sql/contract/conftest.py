"""The suites in this folder hold every kind of store: each test runs on SQLite, on PostgreSQL and in memory.

They know the ports alone. What is about SQL, files, migrations or connections is tested one folder above.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.sql.database import Database
from tests.adapters.sql.contract.kinds import Kind, MemoryKind, SqlKind, worker
from tests.fixtures.clock import HandClock
from tests.fixtures.postgres import fresh_url
from tests.simulation.stores.database import MemoryDatabase


@pytest.fixture(params=["sqlite", "postgresql", "memory"])
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    """A fresh database without a job."""
    if request.param == "memory":
        yield MemoryKind()
        return
    with fresh_url(request.param, request, tmp_path) as url:
        yield SqlKind(url)


@pytest.fixture
async def database(kind: Kind) -> AsyncIterator[Database | MemoryDatabase]:
    async with kind.connected() as opened:
        yield opened


@pytest.fixture
async def store(kind: Kind, database, hands: HandClock):
    opened = kind.events(database, now=hands.now)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
def leases(kind: Kind, database, hands: HandClock):
    return worker(kind, database, "worker-1", hands)
