"""The store, the leases and their clocks, on each dialect."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.sql.database import Database
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.work.leases import SqlLeases
from tests.fixtures.clock import HandClock


@pytest.fixture
def hands() -> HandClock:
    return HandClock()


@pytest.fixture
async def store(database: Database, hands: HandClock) -> AsyncIterator[SqlEventStore]:
    opened = SqlEventStore(database, now=lambda: hands.at)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
def leases(database: Database, hands: HandClock) -> SqlLeases:
    return worker(database, "worker-1", hands)


def worker(database: Database, owner: str, hands: HandClock) -> SqlLeases:
    return SqlLeases(database, owner=owner, lease_seconds=10, now=hands.now, monotonic=hands.monotonic)
